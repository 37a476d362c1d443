namespace Temper.Models;

/// <summary>NFC, NFD, NFKC and NFKD (Unicode Standard Annex 15), with the places of characters.</summary>
internal sealed class FormNormalizer(bool compatibility, bool compose) : TextNormalizer
{
    /// <inheritdoc/>
    public override Segment Apply(Segment text) => System.Text.Ascii.IsValid(text.Span) ? text : Apply(text, compatibility, compose);

    /// <summary>NFD.</summary>
    public static Segment Decomposed(Segment text) => System.Text.Ascii.IsValid(text.Span) ? text : Apply(text, compatibility: false, compose: false);

    private static Segment Apply(Segment text, bool compatibility, bool compose)
    {
        var tables = UnicodeNormalization.Instance;
        var changes = Decompose(text, compatibility, tables);
        if (compose) changes = Compose(changes, tables);
        var output = new TextTransform(text);
        foreach (var (codePoint, change) in changes) output.Apply(codePoint, change);
        return output.Finish();
    }

    private static List<(int CodePoint, int Change)> Decompose(Segment text, bool compatibility, UnicodeNormalization tables)
    {
        var changes = new List<(int, int)>(text.Length);
        var marks = new List<(int CodePoint, int Change)>();
        var parts = new List<int>();
        for (var at = 0; at < text.Length;)
        {
            var codePoint = CodePoints.At(text.Span, at, out var length);
            at += length;
            parts.Clear();
            tables.Decompose(codePoint, compatibility, parts);
            for (var i = 0; i < parts.Count; i++)
            {
                if (tables.ClassOf(parts[i]) == 0) Flush(marks, changes, tables);
                (tables.ClassOf(parts[i]) == 0 ? changes : marks).Add((parts[i], i == 0 ? 0 : 1));
            }
        }

        Flush(marks, changes, tables);
        return changes;
    }

    /// <summary>Puts marks in canonical order.</summary>
    private static void Flush(List<(int CodePoint, int Change)> marks, List<(int, int)> changes, UnicodeNormalization tables)
    {
        if (marks.Count > 1) changes.AddRange(marks.OrderBy(mark => tables.ClassOf(mark.CodePoint)));
        else changes.AddRange(marks);
        marks.Clear();
    }

    private static List<(int CodePoint, int Change)> Compose(List<(int CodePoint, int Change)> source, UnicodeNormalization tables)
    {
        var output = new List<(int CodePoint, int Change)>(source.Count);
        var (starter, lastClass) = (-1, 0);
        foreach (var (codePoint, change) in source)
        {
            var ofClass = tables.ClassOf(codePoint);
            // A mark reaches the starter unless one of its own class or a higher one stands between.
            var reaches = starter >= 0 && (output.Count - 1 == starter || lastClass < ofClass);
            if (reaches && tables.Compose(output[starter].CodePoint, codePoint) is >= 0 and var composed)
            {
                output[starter] = (composed, output[starter].Change + change - 1);
                continue;
            }

            if (ofClass == 0) starter = output.Count;
            lastClass = ofClass;
            output.Add((codePoint, change));
        }

        return output;
    }
}
