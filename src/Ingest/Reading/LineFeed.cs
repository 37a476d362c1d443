namespace Temper.Ingest;

/// <summary>JSON, one value a line.</summary>
internal sealed class LineFeed(DataFile data, LineReader lines) : RowFeed
{
    public override FileFault? Fault => lines.Fault ?? data.Fault;

    public override bool ByteOrderMark => lines.ByteOrderMark;

    public override int? Members => data.Members;

    public override long Offset => lines.Offset;

    public override long RowsRead => lines.LinesRead;

    public override bool TryRead(out Line row) => lines.TryRead(out row);

    public override ValueTask<bool> FillAsync(CancellationToken ct) => lines.FillAsync(ct);

    public override ValueTask DisposeAsync() => data.DisposeAsync();
}
