using Temper.Core.Work;
using Temper.Registry.Events;

namespace Temper.Registry.Work;

/// <summary>Wakes the long polls of this process. Carries no truth: whoever wakes looks at the table.</summary>
internal sealed class WorkBell
{
    private readonly Dictionary<WorkKind, Pulse> _pulses = Enum.GetValues<WorkKind>().ToDictionary(kind => kind, _ => new Pulse());

    /// <summary>Ends at the next ring of one of the kinds.</summary>
    public Task Next(IEnumerable<WorkKind> kinds) => Task.WhenAny(kinds.Select(kind => _pulses[kind].Next));

    public void Ring(WorkRing ring) => _pulses[ring.Kind].Beat();
}
