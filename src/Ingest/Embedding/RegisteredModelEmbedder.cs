using System.Runtime.InteropServices;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Models;
using Temper.Tensors;

namespace Temper.Ingest;

/// <summary>Embeds with a registered model: the mean of its last hidden states over the text's tokens.</summary>
public sealed class RegisteredModelEmbedder : IEmbedder
{
    private const int MostTokens = 512;
    private const int BatchTokens = 4096;
    private readonly ModelFolder _folder;
    private readonly IEngine _engine;
    private readonly Decoder _decoder;

    private RegisteredModelEmbedder(ModelPin model, ModelFolder folder, IEngine engine)
    {
        (Model, _folder, _engine) = (model.Digest, folder, engine);
        _decoder = folder.LoadDecoder(engine);
    }

    /// <summary>Downloads the model where it is not there yet, and loads it on an engine of its own. Of an adapter, its base embeds.</summary>
    /// <param name="folders">Local copies of models.</param>
    /// <param name="model">The model's pin.</param>
    /// <param name="engine">Makes the engine; it is disposed with the embedder.</param>
    /// <param name="ct">Stops the download.</param>
    public static async Task<RegisteredModelEmbedder> OpenAsync(ModelFolderCache folders, ModelPin model, Func<IEngine> engine, CancellationToken ct) =>
        new(model.Base ?? model, ModelFolder.Open(await folders.GetAsync(model.Base ?? model, ct).ConfigureAwait(false)), engine());

    /// <inheritdoc/>
    public Digest Model { get; }

    /// <inheritdoc/>
    public string Transform => $"mean-hidden-1/{MostTokens}/{_engine.Info.NumericsId}";

    /// <inheritdoc/>
    public int Width => _decoder.Config.HiddenSize;

    /// <inheritdoc/>
    public IReadOnlyList<float[]> Embed(IReadOnlyList<string> texts, CancellationToken ct)
    {
        var vectors = new List<float[]>(texts.Count);
        List<int> tokens = [], lengths = [];
        foreach (var text in texts)
        {
            var ids = _folder.Tokenizer.Encode(text) is { Length: > 0 } some ? some : [0];
            var kept = Math.Min(ids.Length, Math.Min(MostTokens, _decoder.Config.MaxPositions));
            if (lengths.Count > 0 && tokens.Count + kept > BatchTokens)
                Flush(tokens, lengths, vectors, ct);
            tokens.AddRange(ids.AsSpan(0, kept));
            lengths.Add(kept);
        }
        Flush(tokens, lengths, vectors, ct);
        return vectors;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _decoder.Dispose();
        _engine.Dispose();
        _folder.Dispose();
    }

    private void Flush(List<int> tokens, List<int> lengths, List<float[]> vectors, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        if (lengths.Count == 0)
            return;
        using (_engine.NoGrad())
        using (_engine.BeginScope())
        {
            var means = _decoder.Embed(new PackedBatch([.. tokens], [.. lengths]));
            var flat = new float[means.Count];
            _engine.Download(means, 0, MemoryMarshal.AsBytes(flat.AsSpan()));
            for (var i = 0; i < lengths.Count; i++)
                vectors.Add(flat.AsSpan(i * Width, Width).ToArray());
        }
        tokens.Clear();
        lengths.Clear();
    }
}
