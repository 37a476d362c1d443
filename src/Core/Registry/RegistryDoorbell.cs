using Temper.Core.Work;

namespace Temper.Core.Registry;

/// <summary>The doorbell that every registry has: a long poll. Settling is nothing here, because the rows are the truth and no message is kept.</summary>
public sealed class RegistryDoorbell(RegistryClient registry) : IDoorbell
{
    /// <summary>Longest single wait; a longer one is made of several.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(25);

    /// <inheritdoc/>
    public Task RingAsync(WorkRing ring, CancellationToken ct) => registry.Work.RingAsync(ring, ct);

    /// <inheritdoc/>
    public Task<WorkRing?> WaitAsync(IReadOnlyList<WorkKind> kinds, TimeSpan atMost, CancellationToken ct) =>
        registry.Work.WaitAsync(kinds, (int)Math.Ceiling((atMost < LongestWait ? atMost : LongestWait).TotalSeconds), ct);

    /// <inheritdoc/>
    public Task SettleAsync(WorkRing ring, CancellationToken ct) => Task.CompletedTask;
}
