using Temper.Core.Ids;

namespace Temper.Ingest;

/// <summary>
/// The port of embeddings: text to a vector whose direction says what the text is about. Used to find records that are alike; kept by content.
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
}
