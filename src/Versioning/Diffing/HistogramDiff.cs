namespace Temper.Versioning.Diffing;

/// <summary>
/// Marks the lines that differ by anchoring on the longest run of common lines among those that are rarest in the first text, then on both sides of
/// it (the histogram method of JGit and git). Where every common line is frequent, Myers' algorithm decides.
/// </summary>
internal sealed class HistogramDiff
{
    // A line that occurs more often says nothing about where texts correspond.
    private const int MostOccurrences = 64;

    private readonly int[] _a, _b;

    // By line of the first text: the next place of the same line. By number of a line: its first place and how often it occurs, valid where the stamp is the round's.
    private readonly int[] _next, _first, _count, _stamp;
    private int _round;

    private HistogramDiff(int[] a, int[] b)
    {
        (_a, _b, _next) = (a, b, new int[a.Length]);
        var numbers = Math.Max(a.DefaultIfEmpty().Max(), b.DefaultIfEmpty().Max()) + 1;
        (_first, _count, _stamp) = (new int[numbers], new int[numbers], new int[numbers]);
    }

    /// <summary>A common run: lines <see cref="A"/> to <see cref="AEnd"/> of the first text and as many of the second, both ends included.</summary>
    private struct Anchor
    {
        public int A, AEnd, B, BEnd;
        public bool IsFound;
    }

    /// <param name="a">Numbers of the first text's lines.</param>
    /// <param name="b">Of the second's.</param>
    /// <param name="goes">Set where a line of the first text goes.</param>
    /// <param name="comes">Set where a line of the second text comes.</param>
    public static void Mark(ReadOnlySpan<int> a, ReadOnlySpan<int> b, bool[] goes, bool[] comes)
    {
        var diff = new HistogramDiff(a.ToArray(), b.ToArray());
        var waiting = new Stack<(int A, int AEnd, int B, int BEnd)>([(0, a.Length, 0, b.Length)]);
        while (waiting.TryPop(out var area))
        {
            var (start, end, startB, endB) = area;
            if (start == end || startB == endB)
            {
                goes.AsSpan(start, end - start).Fill(true);
                comes.AsSpan(startB, endB - startB).Fill(true);
                continue;
            }
            if (!diff.TryAnchor(start, end, startB, endB, out var anchor))
                MyersDiff.Mark(a[start..end], b[startB..endB], goes.AsSpan(start, end - start), comes.AsSpan(startB, endB - startB));
            else if (!anchor.IsFound)
            {
                goes.AsSpan(start, end - start).Fill(true);
                comes.AsSpan(startB, endB - startB).Fill(true);
            }
            else
            {
                waiting.Push((start, anchor.A, startB, anchor.B));
                waiting.Push((anchor.AEnd + 1, end, anchor.BEnd + 1, endB));
            }
        }
    }

    /// <summary>The best common run of an area; false where all common lines are too frequent.</summary>
    private bool TryAnchor(int start, int end, int startB, int endB, out Anchor best)
    {
        Count(start, end);
        best = default;
        var rarest = MostOccurrences + 1;
        var hasCommon = false;
        for (var at = startB; at < endB;)
        {
            var next = at + 1;
            if (_stamp[_b[at]] == _round)
            {
                hasCommon = true;
                if (_count[_b[at]] <= rarest)
                    next = Extend(at, start, end, startB, endB, ref best, ref rarest);
            }
            at = next;
        }
        return !hasCommon || rarest <= MostOccurrences;
    }

    private void Count(int start, int end)
    {
        _round++;
        for (var i = end - 1; i >= start; i--)
        {
            var number = _a[i];
            if (_stamp[number] != _round)
                (_stamp[number], _count[number], _first[number]) = (_round, 0, -1);
            _next[i] = _first[number];
            _first[number] = i;
            _count[number]++;
        }
    }

    /// <summary>Tries every place of the second text's line <paramref name="at"/> in the first; the line of the second to go on with.</summary>
    private int Extend(int at, int start, int end, int startB, int endB, ref Anchor best, ref int rarest)
    {
        var next = at + 1;
        for (var place = _first[_b[at]]; place >= 0;)
        {
            var rare = _count[_b[at]];
            int a = place, aEnd = place, b = at, bEnd = at;
            while (a > start && b > startB && _a[a - 1] == _b[b - 1])
            {
                (a, b) = (a - 1, b - 1);
                rare = Math.Min(rare, _count[_a[a]]);
            }
            while (aEnd + 1 < end && bEnd + 1 < endB && _a[aEnd + 1] == _b[bEnd + 1])
            {
                (aEnd, bEnd) = (aEnd + 1, bEnd + 1);
                rare = Math.Min(rare, _count[_a[aEnd]]);
            }
            next = Math.Max(next, bEnd + 1);
            if (best.AEnd - best.A < aEnd - a || rare < rarest)
            {
                best = new() { A = a, AEnd = aEnd, B = b, BEnd = bEnd, IsFound = true };
                rarest = rare;
            }
            for (place = _next[place]; place >= 0 && place <= aEnd;)
                place = _next[place];
        }
        return next;
    }
}
