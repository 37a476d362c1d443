namespace Temper.Models.Tests;

/// <summary>Tests that count what the whole process allocates run while no other test does.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>Managed memory that work takes.</summary>
internal static class Allocations
{
    /// <summary>Bytes that <paramref name="work"/> allocates on this thread and, all threads together, at least. Threads of the test runner write their
    /// reports meanwhile: so the work is done again, up to thirty times, until the process as a whole was seen to allocate no more than this thread.</summary>
    public static (long Caller, long Process) Of(Action work)
    {
        var (caller, process) = (0L, long.MaxValue);
        for (var i = 0; i < 30 && process > caller; i++)
        {
            var (total, own) = (GC.GetTotalAllocatedBytes(precise: true), GC.GetAllocatedBytesForCurrentThread());
            work();
            caller = Math.Max(caller, GC.GetAllocatedBytesForCurrentThread() - own);
            process = Math.Min(process, GC.GetTotalAllocatedBytes(precise: true) - total);
        }

        return (caller, process);
    }
}
