using Azure.Storage.Blobs;
using Microsoft.Azure.Functions.Worker;

namespace Temper.Functions.Ingest;

/// <summary>Every five minutes, whether or not anything rang: a lost message or an expired lease must not leave a row waiting, and a file that no trigger could
/// take must not lie there for ever.</summary>
public sealed class Sweep(Arrivals arrivals, IngestTurn turn)
{
    /// <summary>Takes what lies in <c>uploads</c>, then works until nothing is left to claim.</summary>
    [Function(nameof(Sweep))]
    public async Task Run([TimerTrigger("0 */5 * * * *")] TimerInfo timer, [BlobInput("uploads", Connection = "drop")] BlobContainerClient uploads, CancellationToken cancellationToken)
    {
        await arrivals.SweepAsync(uploads, cancellationToken);
        await turn.RunAsync(cancellationToken);
    }
}
