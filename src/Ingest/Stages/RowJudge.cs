using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Core.Json;

namespace Temper.Ingest;

/// <summary>Judges blocks of rows and makes the signs of those that are sound, while they are in the processor's cache. One for each thread.</summary>
internal sealed class RowJudge(DatasetConfig config, RecordFilters filters) : IDisposable
{
    private readonly LineValidator _validator = new(config, FormatReader.For(config.Format, config), filters);
    private readonly RecordSigner _signer = new(config.Dedup.Near);
    private SourceFile? _file;

    /// <summary>Judges all rows of a block.</summary>
    public void Judge(SourceFile file, RowBlock block)
    {
        if (!ReferenceEquals(_file, file))
            _validator.Begin(file.Path, file.Corrected);
        _file = file;
        _validator.Follows = block.Follows;
        for (var row = 0; row < block.Count; row++)
        {
            var (start, quarantined) = (block.Output.Length, block.Tally.Quarantined);
            if (!Take(file, block[row], block))
            {
                block.Broken = row;
                break;
            }
            if (file.Sealed == 0 && block.Tally.Quarantined > quarantined)
                KeepAside(file, block[row], block);
            Sign(block, start);
        }
        block.Shape = _signer.TakeShape();
    }

    /// <inheritdoc/>
    public void Dispose() => _validator.Dispose();

    /// <summary>Judges one row; false when it shows that the file is not made of lines at all.</summary>
    private bool Take(SourceFile file, in Line line, RowBlock block)
    {
        if (file.Sealed == 0)
            return _validator.Take(line, block.Tally, block.Output);
        if (file.Sealed == VerdictMark.Aside)
        {
            Undelivered.Take(line.Bytes, line.Number, block.Tally, block.Output);
            return true;
        }
        block.Tally.RecordsIn++;
        block.Tally.Accepted++;
        block.Output.Add(file.Sealed);
        block.Output.Add(line.Bytes);
        block.Output.Add((byte)'\n');
        return true;
    }

    private void Sign(RowBlock block, int start)
    {
        var verdict = block.Output.Written[start..];
        if (verdict.IsEmpty || verdict[0] == VerdictMark.Aside)
            return;
        _signer.Add(verdict[1..^1], start + 1, block.Signs);
        block.Signed++;
    }

    /// <summary>Keeps the line as it came, so that it can be corrected and sent again; of a row that was made into JSON, the JSON.</summary>
    private static void KeepAside(SourceFile file, in Line line, RowBlock block)
    {
        var bytes = line.TooLong ? null : line.Fault is null && !line.Bytes.IsEmpty ? line.Bytes.ToArray() : line.Original.ToArray();
        // One line each: between the tokens of JSON a newline is a space, and a row that is not JSON is written anew anyhow.
        bytes?.AsSpan().Replace((byte)'\n', (byte)' ');
        var number = line.Number;
        var code = block.Tally.Codes.FirstOrDefault(c => c.Value.LastLine == number).Key ?? "";
        block.Aside.Add(JsonSerializer.SerializeToUtf8Bytes(new QuarantinedLine(file.Path, line.Number, code, bytes), Wire.Json));
        block.Aside.Add((byte)'\n');
    }
}
