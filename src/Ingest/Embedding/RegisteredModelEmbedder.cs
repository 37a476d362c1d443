using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Models;
using Temper.Tensors;

namespace Temper.Ingest;

/// <summary>Embeds with a registered model: texts by a sentence encoder as its files say, by any other by the mean of its last hidden states; images by a ViT's class token.</summary>
public sealed class RegisteredModelEmbedder : IEmbedder
{
    /// <summary>Tokens of a text that are read; what follows does not count.</summary>
    public const int MostTokens = 512;

    private readonly IEngine _engine;
    private readonly EmbeddingModel? _model;
    private readonly ImageEmbedder? _images;

    private RegisteredModelEmbedder(Digest model, string folder, string? adapter, IEngine engine)
    {
        (Model, _engine) = (model, engine);
        if (ImageEmbedder.Reads(folder))
            _images = ImageEmbedder.Open(folder, engine);
        else
            _model = EmbeddingModel.Open(adapter ?? folder, engine, adapter is null ? null : folder);
    }

    /// <summary>Downloads the model where it is not there yet, and loads it on an engine of its own. An adapter of a sentence encoder embeds with it; of any other
    /// adapter, the base does.</summary>
    /// <param name="folders">Local copies of models.</param>
    /// <param name="model">The model's pin.</param>
    /// <param name="engine">Makes the engine; it is disposed with the embedder.</param>
    /// <param name="ct">Stops the download.</param>
    public static async Task<RegisteredModelEmbedder> OpenAsync(ModelFolderCache folders, ModelPin model, Func<IEngine> engine, CancellationToken ct)
    {
        var whole = model.Base ?? model;
        var folder = await folders.GetAsync(whole, ct).ConfigureAwait(false);
        var learned = model.Base is not null && EncoderFolder.Is(folder) && !ImageEmbedder.Reads(folder) && model.Files.All(file => file.Path != LabelFile.Name);
        return learned ? new(model.Digest, folder, await folders.GetAsync(model, ct).ConfigureAwait(false), engine()) : new(whole.Digest, folder, null, engine());
    }

    /// <inheritdoc/>
    public Digest Model { get; }

    /// <inheritdoc/>
    public string Transform => _images is null ? $"text-vector-1/{MostTokens}/{_engine.Info.NumericsId}" : $"image-vector-1/{_images.Preprocessor.Digest}/{_engine.Info.NumericsId}";

    /// <inheritdoc/>
    public int Width => _images?.Width ?? _model!.Embedder.Width;

    /// <inheritdoc/>
    public bool ReadsImages => _images is not null;

    /// <inheritdoc/>
    public IReadOnlyList<float[]> Embed(IReadOnlyList<string> texts, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return _model?.Embedder.EmbedBegins(texts, MostTokens) ?? throw new TemperException("CFG_UNSUPPORTED", "The embedding model reads images, not texts.");
    }

    /// <inheritdoc/>
    public IReadOnlyList<float[]> EmbedImages(int count, Func<int, RgbImage> image, CancellationToken ct) =>
        _images?.Embed(count, image, ct) ?? throw new TemperException("CFG_UNSUPPORTED", "The embedding model reads texts, not images.");

    /// <inheritdoc/>
    public void Dispose()
    {
        _model?.Dispose();
        _images?.Dispose();
        _engine.Dispose();
    }
}
