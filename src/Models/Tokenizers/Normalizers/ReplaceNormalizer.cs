namespace Temper.Models;

/// <summary>Replace: every match of a pattern by a text. What is written shares the place of the last character of the match.</summary>
internal sealed class ReplaceNormalizer(TextPattern pattern, string content) : TextNormalizer
{
    /// <inheritdoc/>
    public override Segment Apply(Segment text) => With(text, pattern, content);

    /// <summary>The text with every match replaced.</summary>
    public static Segment With(Segment text, TextPattern pattern, string content)
    {
        if (pattern is LiteralPattern { Sign: { } sign } && content.Length == 1 && text.Source.ShiftAt(text.Start) is { } shift) return SignBySign(text, sign, content[0], shift);
        var pieces = pattern.Cut(text.Span);
        if (!pieces.Exists(piece => piece.IsMatch)) return text;
        var output = new TextTransform(text);
        foreach (var piece in pieces)
        {
            if (!piece.IsMatch)
            {
                output.KeepUntil(piece.End);
                continue;
            }

            for (var at = piece.Start; at < piece.End; at += CodePoints.LengthAt(text.Span, at)) output.Remove();
            foreach (var rune in content.EnumerateRunes()) output.Insert(rune.Value);
        }

        return output.Finish();
    }

    private static Segment SignBySign(Segment text, char sign, char content, int shift)
    {
        if (!text.Span.Contains(sign)) return text;
        var changed = text.Span.ToString().Replace(sign, content);
        return new AlignedText(changed, shift).Whole;
    }
}
