using Azure.Storage.Blobs;
using Microsoft.Azure.Functions.Worker;

namespace Temper.Functions.Ingest;

/// <summary>Every five minutes, whether or not anything rang: a lost message or an expired lease must not leave a row waiting, and a file that no trigger could
/// take must not lie there for ever. Of several processes the Functions host asks one.</summary>
public sealed class Sweep(Arrivals arrivals, IngestTurn turn)
{
    private const string EveryFiveMinutes = "0 */5 * * * *";

    /// <summary>Works until nothing is left to claim.</summary>
    [Function("SweepRows")]
    public Task Rows([TimerTrigger(EveryFiveMinutes)] TimerInfo timer, CancellationToken cancellationToken) => turn.RunAsync(cancellationToken);

    /// <summary>Takes what lies in <c>uploads</c>.</summary>
    [Function("SweepFiles")]
    public Task Files([TimerTrigger(EveryFiveMinutes)] TimerInfo timer, [BlobInput("uploads", Connection = "drop")] BlobContainerClient uploads, CancellationToken cancellationToken) =>
        arrivals.SweepAsync(uploads, cancellationToken);
}
