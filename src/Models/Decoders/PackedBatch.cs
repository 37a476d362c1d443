namespace Temper.Models;

/// <summary>Documents laid end to end without padding. Positions restart in every document, and none sees another.</summary>
/// <param name="Tokens">Ids of all documents, one after another.</param>
/// <param name="Lengths">Tokens of each document, in order.</param>
public sealed record PackedBatch(int[] Tokens, int[] Lengths)
{
    /// <summary>Per token, whether it is a label; null when no loss is asked for.</summary>
    public bool[]? Supervised { get; init; }

    /// <summary>Examples end to end.</summary>
    public static PackedBatch Of(IReadOnlyList<Example> examples) => new(
        [.. examples.SelectMany(e => e.Tokens)], [.. examples.Select(e => e.Tokens.Length)]) { Supervised = [.. examples.SelectMany(e => e.Supervised)] };

    /// <summary>Labels that <see cref="Decoder.Loss"/> will count: supervised tokens that are not first in their document.</summary>
    public int LabelCount => throw new NotSupportedException("batch");
}
