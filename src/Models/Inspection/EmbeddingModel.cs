using Temper.Core.Errors;
using Temper.Tensors;

namespace Temper.Models;

/// <summary>A model of any kind that makes vectors of texts, loaded on an engine from its folder: a sentence encoder, or a decoder's hidden states.</summary>
public sealed class EmbeddingModel : IDisposable
{
    private readonly IDisposable[] owned;

    private EmbeddingModel(TextEmbedder embedder, params IDisposable[] owned) => (Embedder, this.owned) = (embedder, owned);

    /// <summary>Makes the vectors.</summary>
    public TextEmbedder Embedder { get; }

    /// <summary>Opens a folder in Hugging Face or sentence-transformers layout, or an adapter's with that of its base.</summary>
    /// <param name="folder">The model's own files.</param>
    /// <param name="engine">Where it is computed; not owned.</param>
    /// <param name="made">Folder of the base that an adapter was made for; null for a whole model.</param>
    /// <exception cref="TemperException">What opening the folder throws; <c>unsupported_architecture</c> for a model that reads images.</exception>
    public static EmbeddingModel Open(string folder, IEngine engine, string? made = null)
    {
        var whole = made ?? folder;
        if (!EncoderFolder.Is(whole))
        {
            // An adapter of a decoder learns to write, not to embed: its base embeds.
            var model = ModelFolder.Open(whole);
            var decoder = model.LoadDecoder(engine);
            return new(new TextEmbedder(decoder, model.Tokenizer), decoder, model);
        }

        var sentences = EncoderFolder.Open(whole);
        if (sentences.Tokenizer is not { } tokenizer)
        {
            sentences.Dispose();
            throw new TemperException("unsupported_architecture", $"Opening {whole}: the model reads images, not texts.");
        }

        var encoder = sentences.Load(engine);
        encoder.Prepack();
        // An adapter that learned classes keeps what it learned in the head; its base embeds.
        if (made is null || LabelFile.Read(folder) is not null) return new(new TextEmbedder(encoder, tokenizer, sentences.Pooling), encoder, sentences);
        try
        {
            var adapter = LoraAdapter.Load(encoder, folder);
            return new(new TextEmbedder(encoder, tokenizer, sentences.Pooling, adapter), adapter, encoder, sentences);
        }
        catch
        {
            encoder.Dispose();
            sentences.Dispose();
            throw;
        }
    }

    /// <summary>Frees the weights and closes the files.</summary>
    public void Dispose()
    {
        foreach (var part in owned) part.Dispose();
    }
}
