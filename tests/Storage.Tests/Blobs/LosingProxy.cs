using System.Text;
using Temper.Testing.Servers;

namespace Temper.Storage.Tests.Blobs;

/// <summary>On demand it lets a request through and hangs up instead of passing the answer on.</summary>
internal sealed class LosingProxy(int target) : LoopbackProxy(target)
{
    private volatile string? _lose;

    /// <summary>Whether an answer was lost.</summary>
    public bool Lost { get; private set; }

    public void LoseNextAnswerTo(string verb) => _lose = verb + " ";

    protected override (Pass Up, Pass Down) Connect()
    {
        var losing = false;
        return (bytes =>
        {
            if (_lose is { } verb && Encoding.ASCII.GetString(bytes).StartsWith(verb, StringComparison.Ordinal))
                (losing, _lose) = (true, null);
            return All(bytes);
        }, bytes =>
        {
            Lost |= losing;
            return losing ? (0, true) : All(bytes);
        }
        );
    }
}
