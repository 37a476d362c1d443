using Temper.Core.Ids;

namespace Temper.Core.Work;

/// <summary>Says that a row may be waiting. Carries no truth: it may come twice, late or for a row that is long done.</summary>
/// <param name="Id">The row.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Attempt">Claims so far; with the id it names the message, so that a queue can drop copies.</param>
public sealed record WorkRing(WorkId Id, WorkKind Kind, int Attempt);

/// <summary>
/// Wakes whoever can claim work of a kind. Implementations: the registry's long poll (<see cref="Registry.RegistryDoorbell"/>), Service Bus (plug-in).
/// </summary>
public interface IDoorbell
{
    /// <summary>Rings for a row that is queued and committed.</summary>
    Task RingAsync(WorkRing ring, CancellationToken ct);

    /// <summary>Waits for a ring of one of <paramref name="kinds"/>; null when none came in time.</summary>
    Task<WorkRing?> WaitAsync(IReadOnlyList<WorkKind> kinds, TimeSpan atMost, CancellationToken ct);

    /// <summary>Says that the work which a ring started has ended (or was not there): the message behind it can go.</summary>
    Task SettleAsync(WorkRing ring, CancellationToken ct);
}
