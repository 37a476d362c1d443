using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Models;

namespace Temper.Ingest;

/// <summary>
/// The port of embeddings: a text, or an image, to a vector whose direction says what it is about. Used to find records that are alike; kept by content.
/// </summary>
public interface IEmbedder : IDisposable
{
    /// <summary>Digest of the model's files.</summary>
    Digest Model { get; }

    /// <summary>Everything besides the model that the numbers depend on: pooling, length limit, numerics. Part of the cache's key.</summary>
    string Transform { get; }

    /// <summary>Numbers in a vector.</summary>
    int Width { get; }

    /// <summary>One f32 vector of <see cref="Width"/> per text, in order; not normalised. One call at a time.</summary>
    IReadOnlyList<float[]> Embed(IReadOnlyList<string> texts, CancellationToken ct);

    /// <summary>Whether it reads images instead of texts.</summary>
    bool ReadsImages => false;

    /// <summary>One f32 vector of <see cref="Width"/> per image, in order. One call at a time.</summary>
    /// <param name="count">How many images.</param>
    /// <param name="image">Gives image number i, upright, when it is needed; asked in order, once each.</param>
    /// <param name="ct">Stops it.</param>
    /// <exception cref="TemperException">Code CFG_UNSUPPORTED where <see cref="ReadsImages"/> is false.</exception>
    IReadOnlyList<float[]> EmbedImages(int count, Func<int, RgbImage> image, CancellationToken ct) => throw new TemperException("CFG_UNSUPPORTED", "The embedding model reads texts, not images.");
}
