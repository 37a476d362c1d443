using Temper.Testing.Servers;

namespace Temper.Storage.Tests.Blobs;

/// <summary>Hangs up after some bytes of an answer, a few times.</summary>
internal sealed class BreakingProxy(int target, int breakAfter, int breaks) : LoopbackProxy(target)
{
    private int _broken;

    /// <summary>How many answers were cut.</summary>
    public int Broken => Math.Min(_broken, breaks);

    protected override (Pass Up, Pass Down) Connect()
    {
        var passed = 0;
        return (All, bytes => (bytes.Length, (passed += bytes.Length) >= breakAfter && Interlocked.Increment(ref _broken) <= breaks));
    }
}
