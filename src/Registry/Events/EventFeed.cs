using Temper.Core.Events;

namespace Temper.Registry.Events;

/// <summary>Reads the log of events. Safe from any thread.</summary>
public sealed class EventFeed
{
    /// <summary>Number of the newest event; 0 when there is none.</summary>
    public Task<long> LastSeqAsync(CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <summary>Events after <paramref name="after"/>, oldest first; null <paramref name="subject"/>: all.</summary>
    public Task<IReadOnlyList<TemperEvent>> ReadAsync(long after, string? subject, int limit, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <summary>As <see cref="ReadAsync"/>, then waits for more, until <paramref name="ct"/>.</summary>
    public IAsyncEnumerable<TemperEvent> FollowAsync(long after, string? subject, CancellationToken ct) => throw new NotSupportedException("not filled in yet");
}
