using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Models;

namespace Temper.Training.Data;

/// <summary>Texts with their classes.</summary>
/// <param name="encoding">How a text becomes tokens.</param>
/// <param name="labels">The classes.</param>
/// <param name="overlength">What happens to a text that is too long: cut at its end, unless it is left out or refused.</param>
public sealed class LabelledTexts(TextEncoding encoding, LabelSet labels, OverlengthPolicy overlength) : ExampleMaker
{
    /// <inheritdoc/>
    public override IReadOnlyList<Problem> Refused(IReadOnlyList<CanonicalRecord> records) =>
        [.. Any(records, record => LabelSet.OfText(record) is null, "data_needs_labels", "are not texts with a class each.")];

    /// <inheritdoc/>
    protected override MadeExample Make(CanonicalRecord record)
    {
        var (text, label) = LabelSet.OfText(record)!.Value;
        var (tokens, problem, fatal) = LongTexts.Encode(encoding, text, overlength);
        return new(tokens is null ? null : new(record.RecId, tokens, new bool[tokens.Length]) { Class = labels[label] }, problem, fatal);
    }
}

/// <summary>Images with their classes.</summary>
/// <param name="images">Reads them.</param>
/// <param name="labels">The classes.</param>
public sealed class LabelledImages(ImageSource images, LabelSet labels) : ExampleMaker
{
    /// <inheritdoc/>
    public override IReadOnlyList<Problem> Refused(IReadOnlyList<CanonicalRecord> records) =>
        [.. Any(records, record => LabelSet.OfImage(record) is null, "data_needs_labels", "are not images with a class each: one caption, or a folder's name.")];

    /// <inheritdoc/>
    protected override MadeExample Make(CanonicalRecord record)
    {
        try
        {
            images.One(record.Image!.Sha256);
        }
        catch (TemperException e) when (e.Code.StartsWith("IMG_", StringComparison.Ordinal))
        {
            return new(null, new("image_undecodable", $"The image cannot be decoded: {e.Message}"));
        }
        return new(new(record.RecId, [], []) { Class = labels[LabelSet.OfImage(record)!], Image = record.Image.Sha256 }, null);
    }
}

/// <summary>Texts that belong together, two documents each.</summary>
/// <param name="encoding">How a text becomes tokens.</param>
/// <param name="overlength">What happens to a text that is too long.</param>
public sealed class TextPairs(TextEncoding encoding, OverlengthPolicy overlength) : ExampleMaker
{
    /// <inheritdoc/>
    public override IReadOnlyList<Problem> Refused(IReadOnlyList<CanonicalRecord> records) =>
        [.. Any(records, record => Of(record) is null, "data_needs_pairs", "are not pairs of texts: `prompt` and `completion`, or `prompt` and a `chosen` text.")];

    /// <inheritdoc/>
    protected override MadeExample Make(CanonicalRecord record)
    {
        var (one, other) = Of(record)!.Value;
        var (first, second) = (LongTexts.Encode(encoding, one, overlength), LongTexts.Encode(encoding, other, overlength));
        if (first.Tokens is not { } a || second.Tokens is not { } b)
            return new(null, first.Tokens is null ? first.Problem : second.Problem, first.Fatal || second.Fatal);
        return new(new(record.RecId, [.. a, .. b], new bool[a.Length + b.Length]) { Documents = [a.Length, b.Length] }, first.Problem ?? second.Problem);
    }

    private static (string One, string Other)? Of(CanonicalRecord record) => record switch
    {
        { Kind: RecordKind.PromptCompletion, Prompt: { Length: > 0 } one, Completion: { } other } => (one, other.Trim()),
        { Kind: RecordKind.Preference, Prompt: { Length: > 0 } one, Chosen.Text: { } other } => (one, other.Trim()),
        _ => null,
    };
}

/// <summary>Texts under a limit of tokens.</summary>
internal static class LongTexts
{
    /// <summary>Tokens, or why there are none, or what is worth knowing of them.</summary>
    public static (int[]? Tokens, Problem? Problem, bool Fatal) Encode(TextEncoding encoding, string text, OverlengthPolicy overlength)
    {
        var ids = encoding.Tokenizer.Encode(text, addSpecialTokens: true);
        if (ids.Length == 0)
            return (null, new("data_empty_example", "The text becomes no tokens."), false);
        if (ids.Length <= encoding.Longest)
            return (ids, null, false);
        var problem = new Problem("data_too_long", $"The text has {ids.Length} tokens; {encoding.Longest} are read.");
        return overlength is OverlengthPolicy.Drop or OverlengthPolicy.Raise ? (null, problem, overlength == OverlengthPolicy.Raise) : (encoding.Cut(ids), problem, false);
    }
}
