using Temper.Core.Work;
using Temper.Registry.Events;
using Temper.Registry.Work;
using Temper.Storage.Sql;
using Temper.Versioning.Content;

namespace Temper.Registry.Publishing;

/// <summary>A version whose bytes are checked and durable, waiting for the transaction that makes it known.</summary>
/// <param name="Batch">Its objects; null when the version exists already.</param>
/// <param name="RecordAsync">Writes the version in the transaction that ends the row. The row is locked and its lease is held.</param>
internal sealed record Publication(ContentBatch? Batch, Func<WorkRow, DbSession, EventDrafts, CancellationToken, Task<WorkOutcome>> RecordAsync) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Batch is null ? ValueTask.CompletedTask : Batch.DisposeAsync();
}

/// <summary>Another version of the same name was published between reading its reference and moving it: prepare again on top of that one.</summary>
internal sealed class ReferenceMovedException(string name) : Exception($"{name} moved while a version was being published");
