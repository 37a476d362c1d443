namespace Temper.Registry;

/// <summary>What somebody may have meant.</summary>
public static class Nearest
{
    /// <summary>The candidate with the fewest edits to <paramref name="text"/> (Levenshtein); null when none is within half its length.</summary>
    public static string? To(string text, IEnumerable<string> candidates) =>
        candidates.Select(candidate => (candidate, edits: Edits(text, candidate)))
            .Where(c => c.edits <= Math.Max(2, text.Length / 2) || c.candidate.Contains(text, StringComparison.Ordinal))
            .OrderBy(c => c.edits).ThenBy(c => c.candidate, StringComparer.Ordinal).Select(c => c.candidate).FirstOrDefault();

    private static int Edits(string a, string b)
    {
        var previous = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var row = new int[b.Length + 1];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
                row[j] = Math.Min(Math.Min(row[j - 1], previous[j]) + 1, previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
            previous = row;
        }
        return previous[b.Length];
    }
}
