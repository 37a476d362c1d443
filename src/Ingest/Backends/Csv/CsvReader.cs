using System.Runtime.CompilerServices;
using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>
/// Streams the rows of a CSV file (RFC 4180; LF is taken for CRLF, one UTF-8 byte order mark is passed over). A row that breaks a rule is given with its
/// fault and the next line goes on; memory holds one row.
/// </summary>
/// <param name="source">From where reading begins.</param>
/// <param name="name">For messages.</param>
/// <param name="line">Line of the first byte.</param>
/// <param name="offset">Place of the first byte in the file.</param>
internal sealed class CsvReader(Stream source, string name, long line = 1, long offset = 0)
{
    /// <summary>Longest row: longer ones are faults.</summary>
    public const int LongestRow = 1 << 20;

    /// <summary>All rows. Blank lines are none.</summary>
    /// <exception cref="TemperException">Code <c>FILE_ENCODING</c>.</exception>
    public async IAsyncEnumerable<CsvRow> RowsAsync([EnumeratorCancellation] CancellationToken ct)
    {
        var fields = new CsvFields(LongestRow);
        var buffer = new byte[1 << 16];
        var (position, rowLine, rowOffset, last) = (offset, line, offset, (byte)0);
        var count = await source.ReadAtLeastAsync(buffer, 3, throwOnEndOfStream: false, ct);
        var at = offset == 0 ? Mark(buffer.AsSpan(0, count)) : 0;
        (position, rowOffset) = (position + at, rowOffset + at);
        for (; count > 0; (count, at) = (await source.ReadAsync(buffer, ct), 0))
        {
            for (; at < count; at++)
            {
                var b = buffer[at];
                position++;
                line += b == '\n' ? 1 : 0;
                if (b != '\n' || fields.IsQuoted)
                {
                    fields.Take(b);
                    last = b;
                    continue;
                }
                if (!IsBlank(fields, position - rowOffset, last))
                    yield return Row(fields, rowLine, rowOffset);
                else
                    fields.End();
                (rowLine, rowOffset, last) = (line, position, 0);
            }
        }
        if (!fields.IsEmpty)
            yield return Row(fields, rowLine, rowOffset);
    }

    private static bool IsBlank(CsvFields fields, long length, byte last) => fields.IsEmpty || (length == 2 && last == '\r');

    private static CsvRow Row(CsvFields fields, long line, long offset)
    {
        var (values, fault) = fields.End();
        return new(line, offset, values, fault);
    }

    private int Mark(ReadOnlySpan<byte> begin)
    {
        if (begin.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || begin.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
            throw new TemperException([new Problem("FILE_ENCODING", $"{name} is UTF-16.") { File = name, Hint = "Save it as UTF-8." }]);
        return begin.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? 3 : 0;
    }
}
