using Temper.Core.Ids;

namespace Temper.Cli.Verbs;

/// <summary>Ctrl-C while a verb watched work that runs elsewhere: the verb ends, the work does not.</summary>
internal sealed class WatchStoppedException(string message, OperationCanceledException inner) : OperationCanceledException(message, inner, inner.CancellationToken)
{
    public WatchStoppedException(WorkId id, OperationCanceledException inner)
        : this($"stopped watching; {id} goes on: `temper jobs {id} --follow` watches again, `temper jobs {id} --cancel` stops it", inner)
    {
    }
}
