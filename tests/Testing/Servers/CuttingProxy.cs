using System.Globalization;

namespace Temper.Testing.Servers;

/// <summary>A bad line: counts the bytes between clients and a server on loopback, and hangs up on every connection after so many, both ways together.</summary>
/// <param name="target">Port of the server.</param>
/// <param name="cutAfter">Bytes that a connection lives for; by default it is never cut.</param>
public sealed class CuttingProxy(int target, long cutAfter = long.MaxValue) : LoopbackProxy(target)
{
    private long _up, _down;
    private int _cuts;

    /// <summary>Where to connect instead of the server.</summary>
    public Uri Address => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}"));

    /// <summary>Bytes from clients to the server so far.</summary>
    public long Up => Interlocked.Read(ref _up);

    /// <summary>Bytes from the server to clients so far.</summary>
    public long Down => Interlocked.Read(ref _down);

    /// <summary>Connections that were cut.</summary>
    public int Cuts => _cuts;

    /// <inheritdoc/>
    protected override (Pass Up, Pass Down) Connect()
    {
        var left = cutAfter;
        (int, bool) Count(int count, ref long counted)
        {
            var rest = Interlocked.Add(ref left, -count);
            var passed = (int)Math.Max(0, Math.Min(count, rest + count));
            Interlocked.Add(ref counted, passed);
            if (rest > 0)
                return (passed, false);
            Interlocked.Increment(ref _cuts);
            return (passed, true);
        }
        return (bytes => Count(bytes.Length, ref _up), bytes => Count(bytes.Length, ref _down));
    }
}
