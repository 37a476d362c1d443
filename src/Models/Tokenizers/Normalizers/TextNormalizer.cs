namespace Temper.Models;

/// <summary>A step that changes a text before it is cut into words; one class per type of tokenizer.json.</summary>
internal abstract class TextNormalizer
{
    /// <summary>The changed text; the segment itself when nothing changes.</summary>
    public abstract Segment Apply(Segment text);
}

/// <summary>Several in order.</summary>
internal sealed class NormalizerSequence(IReadOnlyList<TextNormalizer> steps) : TextNormalizer
{
    /// <inheritdoc/>
    public override Segment Apply(Segment text)
    {
        foreach (var step in steps) text = step.Apply(text);
        return text;
    }
}
