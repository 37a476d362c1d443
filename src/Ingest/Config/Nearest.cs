namespace Temper.Ingest;

/// <summary>Finds what someone may have meant.</summary>
internal static class Nearest
{
    /// <summary>"Did you mean 'x'?", or the list of what exists when nothing is near.</summary>
    public static string Hint(string typed, ReadOnlySpan<string> known)
    {
        if (To(typed, known) is { } near)
            return $"Did you mean '{near}'?";
        string[] all = [.. known];
        Array.Sort(all, StringComparer.Ordinal);
        return $"Known here: {string.Join(", ", all)}.";
    }

    /// <summary>The nearest of what exists; null when nothing is near.</summary>
    public static string? To(string typed, ReadOnlySpan<string> known)
    {
        var best = "";
        var distance = int.MaxValue;
        foreach (var word in known)
        {
            if (Distance(typed, word) is var d && d < distance)
                (best, distance) = (word, d);
        }
        return distance <= Math.Max(2, typed.Length / 3) ? best : null;
    }

    /// <summary>Levenshtein's distance: insertions, deletions and replacements.</summary>
    private static int Distance(string a, string b)
    {
        Span<int> row = stackalloc int[Math.Min(b.Length, 64) + 1];
        var width = row.Length - 1;
        for (var j = 0; j <= width; j++)
            row[j] = j;
        for (var i = 1; i <= Math.Min(a.Length, 64); i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= width; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }
        return row[width];
    }
}
