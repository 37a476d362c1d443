namespace Temper.Models;

/// <summary>Replace: every match of a pattern by a text. What is written shares the place of the last character of the match.</summary>
internal sealed class ReplaceNormalizer(TextPattern pattern, string content) : TextNormalizer
{
    /// <inheritdoc/>
    public override Segment Apply(Segment text) => With(text, pattern, content);

    /// <summary>The text with every match replaced.</summary>
    public static Segment With(Segment text, TextPattern pattern, string content)
    {
        var pieces = pattern.Cut(text.Span);
        if (!pieces.Exists(piece => piece.IsMatch)) return text;
        var output = new TextTransform(text);
        foreach (var piece in pieces)
        {
            for (var at = piece.Start; at < piece.End;)
            {
                CodePoints.At(text.Span, at, out var length);
                at += length;
                if (piece.IsMatch) output.Remove();
                else output.Keep();
            }

            if (!piece.IsMatch) continue;
            foreach (var rune in content.EnumerateRunes()) output.Insert(rune.Value);
        }

        return output.Finish();
    }
}
