using Temper.Models;

namespace Temper.Serving;

/// <summary>A model version that can answer: a base, perhaps an adapter beside it. Valid while its lease is held.</summary>
/// <param name="Id"><c>name:VERSION</c>, or the folder.</param>
/// <param name="Loop">Where it runs.</param>
/// <param name="Adapter">Null for the base alone.</param>
/// <param name="Fingerprint">Identity of weights, adapter and arithmetic.</param>
/// <param name="Traceparent">Trace in which the version was made.</param>
internal sealed record ServedModel(string Id, DecodeLoop Loop, LoraAdapter? Adapter, string Fingerprint, string? Traceparent);

/// <summary>Keeps a model in memory until disposed, once or more often.</summary>
internal sealed class ModelLease(ServedModel model, Action release) : IDisposable
{
    private Action? _release = release;

    /// <summary>The model.</summary>
    public ServedModel Model => model;

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}
