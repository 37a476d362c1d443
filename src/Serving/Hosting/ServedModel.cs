using Temper.Models;

namespace Temper.Serving;

/// <summary>A model version that can answer: a base, perhaps an adapter beside it. Valid while its lease is held.</summary>
/// <param name="Id"><c>name:VERSION</c>, or the folder.</param>
/// <param name="Loop">Where it runs.</param>
/// <param name="Adapter">Null for the base alone.</param>
/// <param name="Fingerprint">Identity of weights, adapter and arithmetic.</param>
/// <param name="Traceparent">Trace in which the version was made.</param>
internal sealed record ServedModel(string Id, DecodeLoop Loop, LoraAdapter? Adapter, string Fingerprint, string? Traceparent)
{
    /// <summary>The adapter's own chat template, where it was trained with another one than its base's; null: the base's.</summary>
    public OwnTemplate? Own { get; init; }
}

/// <summary>A chat template that an adapter brings.</summary>
/// <param name="Template">Chats to text.</param>
/// <param name="StopTokens">End-of-sequence tokens of the base and end-of-turn tokens of the template.</param>
internal sealed record OwnTemplate(ChatTemplate Template, IReadOnlySet<int> StopTokens);

/// <summary>Keeps a model in memory until disposed, once or more often.</summary>
internal sealed class ModelLease(ServedModel model, Action release) : IDisposable
{
    private Action? _release = release;

    /// <summary>The model.</summary>
    public ServedModel Model => model;

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}
