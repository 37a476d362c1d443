using Microsoft.Azure.Functions.Worker;

namespace Temper.Functions.Ingest;

/// <summary>Every five minutes, whether or not anything rang: a lost message or an expired lease must not leave a row waiting.</summary>
public sealed class Sweep(IngestTurn turn)
{
    /// <summary>Works until nothing is left to claim.</summary>
    [Function(nameof(Sweep))]
    public Task Run([TimerTrigger("0 */5 * * * *")] TimerInfo timer, CancellationToken cancellationToken) => turn.RunAsync(cancellationToken);
}
