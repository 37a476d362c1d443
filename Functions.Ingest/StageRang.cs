using Azure.Messaging.ServiceBus;
using Microsoft.Azure.Functions.Worker;

namespace Temper.Functions.Ingest;

/// <summary>A ring in the queue <c>ingest-stages</c>: there may be rows to claim. The message is settled when the work it started has ended, so the
/// queue's length tells the scaler how much is to do.</summary>
public sealed class StageRang(IngestTurn turn)
{
    /// <summary>Works until nothing is left to claim; an exception leaves the message in the queue.</summary>
    [Function(nameof(StageRang))]
    public async Task Run([ServiceBusTrigger("ingest-stages", Connection = "messaging", AutoCompleteMessages = false)] ServiceBusReceivedMessage message,
        ServiceBusMessageActions actions, CancellationToken cancellationToken)
    {
        await turn.RunAsync(cancellationToken);
        await actions.CompleteMessageAsync(message, cancellationToken);
    }
}
