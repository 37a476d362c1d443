using Temper.Core.Files;

namespace Temper.Ingest;

/// <summary>Ends after so many bytes and remembers whether there was more.</summary>
internal sealed class BoundedStream(Stream inner, long most) : ForwardStream
{
    private long _read;

    /// <summary>Whether it was cut.</summary>
    public bool Overran { get; private set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Overran)
            return 0;
        var count = await inner.ReadAsync(buffer, cancellationToken);
        _read += count;
        Overran = _read > most;
        return Overran ? 0 : count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}
