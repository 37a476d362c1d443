namespace Temper.Ingest;

/// <summary>A file that cannot be read at all: no rows, and the reason.</summary>
internal sealed class FaultFeed(FileFault fault) : RowFeed
{
    public override FileFault? Fault => fault;

    public override long Offset => 0;

    public override long RowsRead => 0;

    public override bool TryRead(out Line row)
    {
        row = default;
        return false;
    }

    public override ValueTask<bool> FillAsync(CancellationToken ct) => ValueTask.FromResult(false);

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
