using System.Text.Json;
using Temper.Core.Events;
using Temper.Core.Json;
using Temper.Core.Work;

namespace Temper.Registry.Relays;

/// <summary>Rings a plug-in's doorbell for every row that was queued.</summary>
internal sealed class DoorbellRelay(IDoorbell doorbell) : IEventRelay
{
    public Task RelayAsync(TemperEvent occurred, CancellationToken ct) =>
        occurred.Type == "work.queued" ? doorbell.RingAsync(occurred.Data.Deserialize<WorkRing>(Wire.Json)!, ct) : Task.CompletedTask;
}
