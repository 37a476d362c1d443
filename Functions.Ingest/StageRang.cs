using Azure.Messaging.ServiceBus;
using Microsoft.Azure.Functions.Worker;
using Temper.Core.Errors;
using Temper.Core.Registry;
using Temper.Core.Work;

namespace Temper.Functions.Ingest;

/// <summary>A ring in the queue <c>ingest-stages</c>: there may be rows to claim. The message is settled when the work it started has ended, so the
/// queue's length tells the scaler how much is to do. What cannot be ingested shows in the registry, and its ring lies among the dead letters with the reason.</summary>
public sealed class StageRang(IngestTurn turn, RegistryClient registry)
{
    /// <summary>The queue's own limit, as the deployment declares it.</summary>
    private const int MostDeliveries = 5;

    /// <summary>The service takes no longer description.</summary>
    private const int LongestDescription = 4096;

    /// <summary>Works until nothing is left to claim; an exception leaves the message in the queue.</summary>
    [Function(nameof(StageRang))]
    public async Task Run([ServiceBusTrigger("ingest-stages", Connection = "messaging", AutoCompleteMessages = false)] ServiceBusReceivedMessage message,
        ServiceBusMessageActions actions, CancellationToken cancellationToken)
    {
        var (ring, fault) = RingText.Read(message.Body.ToMemory().Span, WorkKind.Ingest);
        var poison = ring is null ? new Problem("malformed", fault) : await WorkAsync(ring, message.DeliveryCount >= MostDeliveries, cancellationToken);
        // The work has ended: the host's stopping must not leave its message behind.
        if (poison is null)
            await actions.CompleteMessageAsync(message, CancellationToken.None);
        else
            await actions.DeadLetterMessageAsync(message, null, poison.Code, Cut(poison.Message), CancellationToken.None);
    }

    /// <summary>Null, or why this ring shall not come again.</summary>
    private async Task<Problem?> WorkAsync(WorkRing ring, bool last, CancellationToken ct)
    {
        try
        {
            await turn.RunAsync(ct);
            return await registry.Jobs.FindAsync(ring.Id, ct) switch
            {
                null => new("not_found", $"The registry knows no work {ring.Id}."),
                { Rejected: true } job => new("rejected", $"The data of {job.Id} cannot be used; its report is in the registry."),
                { State: WorkState.Failed } job => job.Errors is [var first, ..] ? first : new("internal", $"{job.Id} failed without a word."),
                _ => null,
            };
        }
        catch (TemperException e) when (last)
        {
            return e.Problems[0];
        }
    }

    private static string Cut(string text) => text.Length > LongestDescription ? text[..LongestDescription] : text;
}
