using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Tensors;

namespace Temper.Ingest;

/// <summary>Embeds with a registered model: the mean of its last hidden states over the text's tokens.</summary>
public sealed class RegisteredModelEmbedder : IEmbedder
{
    /// <summary>Downloads the model where it is not there yet, and loads it on an engine of its own.</summary>
    public static Task<RegisteredModelEmbedder> OpenAsync(ModelFolderCache folders, ModelPin model, Func<IEngine> engine, CancellationToken ct) =>
        throw new NotSupportedException($"not filled in yet {folders} {model} {engine} {ct}");

    /// <inheritdoc/>
    public Digest Model => throw new NotSupportedException("not filled in yet");

    /// <inheritdoc/>
    public string Transform => throw new NotSupportedException("not filled in yet");

    /// <inheritdoc/>
    public int Width => throw new NotSupportedException("not filled in yet");

    /// <inheritdoc/>
    public IReadOnlyList<float[]> Embed(IReadOnlyList<string> texts, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <inheritdoc/>
    public void Dispose() { }
}
