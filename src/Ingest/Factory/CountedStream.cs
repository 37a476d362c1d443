using Temper.Core.Files;

namespace Temper.Ingest;

/// <summary>Counts what is read.</summary>
internal sealed class CountedStream(Stream inner) : ForwardStream
{
    /// <summary>Bytes so far.</summary>
    public long Count { get; private set; }

    public override long Position { get => Count; set => base.Position = value; }

    public override int Read(Span<byte> buffer) => Counted(inner.Read(buffer));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => Counted(await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false));

    private int Counted(int count)
    {
        Count += count;
        return count;
    }
}
