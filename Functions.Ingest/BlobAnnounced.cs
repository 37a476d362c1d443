using System.Text.Json;
using Azure.Messaging.ServiceBus;
using Azure.Storage.Blobs;
using Microsoft.Azure.Functions.Worker;

namespace Temper.Functions.Ingest;

/// <summary>A blob in the container <c>uploads</c>, announced by the storage account through Event Grid and the queue <c>blob-arrivals</c>: seconds instead of
/// minutes. The queue is silent where infra/event-grid is not deployed.</summary>
public sealed class BlobAnnounced(Arrivals arrivals)
{
    private const string Subject = "/blobServices/default/containers/uploads/blobs/";

    /// <summary>Takes the blob; an exception leaves the message in the queue.</summary>
    [Function(nameof(BlobAnnounced))]
    public async Task Run([ServiceBusTrigger("blob-arrivals", Connection = "messaging", AutoCompleteMessages = false)] ServiceBusReceivedMessage message,
        ServiceBusMessageActions actions, [BlobInput("uploads", Connection = "drop")] BlobContainerClient uploads, CancellationToken cancellationToken)
    {
        if (NameOf(message.Body) is not { } name)
        {
            await actions.DeadLetterMessageAsync(message, null, "malformed", $"The body is no event about a blob under {Subject}.", cancellationToken);
            return;
        }
        await arrivals.TakeAsync(uploads.GetBlobClient(name), cancellationToken);
        await actions.CompleteMessageAsync(message, CancellationToken.None);
    }

    /// <summary>Event Grid's own schema: one event, or a list of one.</summary>
    private static string? NameOf(BinaryData body)
    {
        try
        {
            using var document = JsonDocument.Parse(body.ToMemory());
            var occurred = document.RootElement is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() == 1 ? list[0] : document.RootElement;
            var subject = occurred.ValueKind == JsonValueKind.Object && occurred.TryGetProperty("subject", out var found) ? found.GetString() : null;
            return subject?.StartsWith(Subject, StringComparison.Ordinal) == true ? subject[Subject.Length..] : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
