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

    /// <summary>Opens a folder in Hugging Face or sentence-transformers layout.</summary>
    /// <exception cref="TemperException">What opening the folder throws; <c>unsupported_architecture</c> for a model that reads images.</exception>
    public static EmbeddingModel Open(string folder, IEngine engine)
    {
        if (!EncoderFolder.Is(folder))
        {
            var model = ModelFolder.Open(folder);
            var decoder = model.LoadDecoder(engine);
            return new(new TextEmbedder(decoder, model.Tokenizer), decoder, model);
        }

        var sentences = EncoderFolder.Open(folder);
        if (sentences.Tokenizer is not { } tokenizer)
        {
            sentences.Dispose();
            throw new TemperException("unsupported_architecture", $"Opening {folder}: the model reads images, not texts.");
        }

        var encoder = sentences.Load(engine);
        encoder.Prepack();
        return new(new TextEmbedder(encoder, tokenizer, sentences.Pooling), encoder, sentences);
    }

    /// <summary>Frees the weights and closes the files.</summary>
    public void Dispose()
    {
        foreach (var part in owned) part.Dispose();
    }
}
