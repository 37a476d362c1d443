using Temper.Core.Blobs;
using Temper.Testing;

namespace Temper.Ingest.Tests;

/// <summary>Thrown where the power went out.</summary>
internal sealed class PowerCutException : Exception
{
    public PowerCutException() : base("the power went out") { }
}

/// <summary>A real store whose process dies at its n-th write: in the middle of it, or right behind it.</summary>
internal sealed class DyingBlobStore(IBlobStore inner, int writes, bool inside) : PassingBlobStore(inner)
{
    private int _left = writes;

    public bool Died => _left <= 0;

    public override async Task<BlobInfo?> CreateAsync(BlobKey key, Stream content, CancellationToken ct)
    {
        if (Died)
            throw new PowerCutException();
        var last = Interlocked.Decrement(ref _left) == 0;
        if (last && inside)
            throw new PowerCutException();
        var info = await base.CreateAsync(key, content, ct);
        return last ? throw new PowerCutException() : info;
    }
}
