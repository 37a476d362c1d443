using System.Text.Json;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Work;

namespace Temper.Registry.Events;

/// <summary>What happens in one transaction, to be told when it commits.</summary>
internal sealed class EventDrafts
{
    private readonly List<Draft> _drafts = [];
    private readonly List<WorkRing> _rings = [];

    public IReadOnlyList<Draft> All => _drafts;

    public IReadOnlyList<WorkRing> Rings => _rings;

    public void Add<T>(string type, string subject, T data, string? traceparent) => _drafts.Add(new(type, subject, Wire.ToElement(data), traceparent));

    public void Queued(WorkId id, WorkKind kind, int attempt, string name, string? traceparent)
    {
        var ring = new WorkRing(id, kind, attempt);
        Add("work.queued", id.ToString(), new { id, kind, attempt, name }, traceparent);
        _rings.Add(ring);
    }

    public sealed record Draft(string Type, string Subject, JsonElement Data, string? Traceparent);
}
