namespace Temper.Models;

/// <summary>NFC, NFD, NFKC and NFKD (Unicode Standard Annex 15), with the places of characters.</summary>
internal sealed class FormNormalizer(bool compatibility, bool compose) : TextNormalizer
{
    private static readonly FormNormalizer Canonical = new(compatibility: false, compose: false);
    private readonly StableCodePoints stable = StableCodePoints.Of(compatibility, compose);

    /// <inheritdoc/>
    public override Segment Apply(Segment text)
    {
        var span = text.Span;
        if (stable.NextUnstable(span, 0) is var unstable && unstable == span.Length) return text;
        var output = new TextTransform(text);
        for (var at = 0; at < span.Length; unstable = stable.NextUnstable(span, at))
        {
            // The character before may take up what follows it.
            var from = unstable > at && unstable < span.Length ? CodePoints.Before(span, unstable) : unstable;
            output.KeepUntil(from);
            at = stable.NextStable(span, unstable);
            foreach (var (codePoint, change) in Changes(span[from..at], compatibility, compose)) output.Apply(codePoint, change);
        }

        return output.Finish();
    }

    /// <summary>NFD.</summary>
    public static Segment Decomposed(Segment text) => Canonical.Apply(text);

    /// <summary>What becomes of a text, as <see cref="TextTransform.Apply"/> takes it.</summary>
    public static List<(int CodePoint, int Change)> Changes(ReadOnlySpan<char> text, bool compatibility, bool compose)
    {
        var tables = UnicodeNormalization.Instance;
        var changes = Decompose(text, compatibility, tables);
        return compose ? Compose(changes, tables) : changes;
    }

    private static List<(int CodePoint, int Change)> Decompose(ReadOnlySpan<char> text, bool compatibility, UnicodeNormalization tables)
    {
        var changes = new List<(int, int)>(text.Length);
        var marks = new List<(int CodePoint, int Change)>();
        var parts = new List<int>();
        for (var at = 0; at < text.Length;)
        {
            var codePoint = CodePoints.At(text, at, out var length);
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
