using Temper.Core.Errors;
using Temper.Core.Files;

namespace Temper.Ingest;

/// <summary>A store's stream whose errors are those of a source.</summary>
internal sealed class PinnedStream(Stream inner, Func<TemperException, TemperException> translate) : ForwardStream
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await inner.ReadAsync(buffer, cancellationToken);
        }
        catch (TemperException error)
        {
            throw translate(error);
        }
    }

    public override int Read(Span<byte> buffer)
    {
        try
        {
            return inner.Read(buffer);
        }
        catch (TemperException error)
        {
            throw translate(error);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}
