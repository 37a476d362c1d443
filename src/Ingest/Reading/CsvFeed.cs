using System.Buffers;

namespace Temper.Ingest;

/// <summary>
/// The rows of a table with a header: RFC 4180, with LF as well as CRLF, and a delimiter that the file's name decides. A quote opens a field only at
/// its begin; quoted fields hold delimiters, newlines and doubled quotes. A row becomes an object of strings, by the header.
/// </summary>
internal sealed class CsvFeed(DataFile data, Stream source, byte delimiter, int maxRowBytes, long offset, long linesBefore) : ScannedFeed(data, source, maxRowBytes, offset, linesBefore)
{
    private readonly SearchValues<byte> _fieldEnd = SearchValues.Create([delimiter, (byte)'\n']);
    private readonly ByteBuffer _json = new(4096);
    private CsvHeader? _header;
    private State _state = offset == 0 ? State.BeforeRow : State.BehindRow;
    private bool _unclosed;

    public override CsvHeader? Header => _header;

    private enum State
    {
        BeforeRow,
        BehindRow,
        FieldStart,
        Plain,
        Quoted,
        QuoteSeen,
    }

    /// <summary>The rows of a file from a place on; the header is read first, wherever that is.</summary>
    public static async Task<RowFeed> OpenAsync(DataFile data, byte delimiter, DatasetConfig config, long offset, long linesBefore, CancellationToken ct)
    {
        var begin = new CsvFeed(data, await data.OpenAsync(0, ct).ConfigureAwait(false), delimiter, config.MaxLineBytes, 0, 0);
        if (await begin.ReadHeaderAsync(config, ct).ConfigureAwait(false) is { } fault)
        {
            // A broken packing outweighs what it did to the header.
            var outer = data.Fault;
            await data.DisposeAsync().ConfigureAwait(false);
            return new FaultFeed(outer ?? fault);
        }
        if (offset == 0)
            return begin;
        return new CsvFeed(data, await data.OpenAsync(offset, ct).ConfigureAwait(false), delimiter, config.MaxLineBytes, offset, linesBefore) { _header = begin._header };
    }

    protected override Scan Find(ReadOnlySpan<byte> unseen, bool last, out int used)
    {
        used = 0;
        if (_state == State.BehindRow && !unseen.IsEmpty)
        {
            (_state, used) = (State.BeforeRow, 1);
            Counted++;
        }
        if (_state is State.BeforeRow or State.BehindRow)
        {
            if (used == unseen.Length)
                return last ? Scan.Stop : Scan.More;
            _state = State.FieldStart;
            return Scan.Begin;
        }
        if (!FindEnd(unseen, out used) && !last)
            return Scan.More;
        _unclosed = _state == State.Quoted;
        _state = State.BehindRow;
        return Scan.End;
    }

    protected override Line Make(ReadOnlySpan<byte> raw, long number, long offset, bool cut)
    {
        if (_header is null || raw.IsEmpty)
            return new(raw, number, offset, raw.Length, false, false, null);
        var fault = cut || _unclosed ? new("REC_TRUNCATED", _unclosed ? "The file ends inside a quoted field of this row." : "The file ends inside this row.") : TextEncodings.FaultOfRow(raw) ?? _header.Write(raw, _json);
        return new(_json.Written, number, offset, raw.Length, false, false, null) { Original = raw, Fault = fault };
    }

    /// <summary>The place of the newline behind the row, where quotes are closed.</summary>
    private bool FindEnd(ReadOnlySpan<byte> unseen, out int used)
    {
        for (used = 0; used < unseen.Length;)
        {
            var next = unseen[used];
            if (_state == State.Quoted)
            {
                var quote = unseen[used..].IndexOf((byte)'"');
                Counted += unseen.Slice(used, quote < 0 ? unseen.Length - used : quote).Count((byte)'\n');
                used = quote < 0 ? unseen.Length : used + quote + 1;
                _state = quote < 0 ? State.Quoted : State.QuoteSeen;
            }
            else if (next == '"' && _state is State.FieldStart or State.QuoteSeen)
            {
                (_state, used) = (State.Quoted, used + 1);
            }
            else
            {
                var end = unseen[used..].IndexOfAny(_fieldEnd);
                used = end < 0 ? unseen.Length : used + end;
                if (end >= 0 && unseen[used] == '\n')
                    return true;
                (_state, used) = end < 0 ? (State.Plain, used) : (State.FieldStart, used + 1);
            }
        }
        return false;
    }

    private async Task<FileFault?> ReadHeaderAsync(DatasetConfig config, CancellationToken ct)
    {
        do
        {
            while (TryRead(out var row))
            {
                if (row.TooLong)
                    return new("FILE_COLUMNS", $"The header has {row.Length} bytes; max_line_bytes is {config.MaxLineBytes}.");
                if (!row.Bytes.IsEmpty)
                    return CsvHeader.Read(row.Bytes, delimiter, config, out _header);
            }
        } while (await FillAsync(ct).ConfigureAwait(false));
        return new("FILE_COLUMNS", "The file has no header.");
    }
}
