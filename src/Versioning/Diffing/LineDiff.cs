namespace Temper.Versioning.Diffing;

/// <summary>Which lines two texts do not share.</summary>
internal static class LineDiff
{
    /// <summary>By Myers' algorithm, as patches show it.</summary>
    public static List<LineChange> Myers(ReadOnlySpan<int> a, ReadOnlySpan<int> b)
    {
        var (goes, comes) = (new bool[a.Length], new bool[b.Length]);
        MyersDiff.Mark(a, b, goes, comes);
        return Changes(a, b, goes, comes);
    }

    /// <summary>By rare lines first, as merges do it.</summary>
    public static List<LineChange> Histogram(ReadOnlySpan<int> a, ReadOnlySpan<int> b)
    {
        var (goes, comes) = (new bool[a.Length], new bool[b.Length]);
        HistogramDiff.Mark(a, b, goes, comes);
        return Changes(a, b, goes, comes);
    }

    private static List<LineChange> Changes(ReadOnlySpan<int> a, ReadOnlySpan<int> b, bool[] goes, bool[] comes)
    {
        ChangeSlides.Settle(a, goes, comes);
        ChangeSlides.Settle(b, comes, goes);
        var changes = new List<LineChange>();
        for (int i = 0, k = 0; i < goes.Length || k < comes.Length;)
        {
            var (oldStart, newStart) = (i, k);
            while (i < goes.Length && goes[i])
                i++;
            while (k < comes.Length && comes[k])
                k++;
            if (i > oldStart || k > newStart)
                changes.Add(new(oldStart, i - oldStart, newStart, k - newStart));
            else
                (i, k) = (i + 1, k + 1);
        }
        return changes;
    }
}
