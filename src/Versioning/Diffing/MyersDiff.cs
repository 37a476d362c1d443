namespace Temper.Versioning.Diffing;

/// <summary>
/// Marks the lines that differ: a shortest script by E. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), in linear space from both
/// ends. Texts that share little are cut where most of both is behind the cut, so that the time stays bounded; the script is then not the shortest.
/// </summary>
internal ref struct MyersDiff
{
    private const int LeastCost = 256;

    private readonly ReadOnlySpan<int> _a, _b;
    private readonly int[] _aPlaces, _bPlaces;
    private readonly Span<bool> _goes, _comes;

    // Furthest line of the first text on each diagonal, from the front and from the back.
    private readonly int[] _front, _back;
    private readonly int _zero, _mostCost;

    private MyersDiff(ReadOnlySpan<int> a, ReadOnlySpan<int> b, int[] aPlaces, int[] bPlaces, Span<bool> goes, Span<bool> comes)
    {
        (_aPlaces, _bPlaces) = (aPlaces, bPlaces);
        _a = a;
        _b = b;
        _goes = goes;
        _comes = comes;
        var diagonals = a.Length + b.Length + 3;
        (_front, _back, _zero) = (new int[diagonals], new int[diagonals], b.Length + 1);
        _mostCost = Math.Max(LeastCost, (int)Math.Sqrt(diagonals));
    }

    /// <param name="a">Numbers of the first text's lines.</param>
    /// <param name="b">Of the second's.</param>
    /// <param name="goes">Set where a line of the first text goes.</param>
    /// <param name="comes">Set where a line of the second text comes.</param>
    public static void Mark(ReadOnlySpan<int> a, ReadOnlySpan<int> b, Span<bool> goes, Span<bool> comes)
    {
        var front = a.CommonPrefixLength(b);
        a = a[front..];
        b = b[front..];
        goes = goes[front..];
        comes = comes[front..];
        var back = 0;
        while (back < a.Length && back < b.Length && a[^(back + 1)] == b[^(back + 1)])
            back++;
        a = a[..^back];
        b = b[..^back];
        // A line that the other text lacks differs wherever the rest ends up.
        var (aPlaces, aLines) = Shared(a, [.. b], goes);
        var (bPlaces, bLines) = Shared(b, [.. a], comes);
        var diff = new MyersDiff(aLines, bLines, aPlaces, bPlaces, goes, comes);
        var waiting = new Stack<(int A, int AEnd, int B, int BEnd)>([(0, aLines.Length, 0, bLines.Length)]);
        while (waiting.TryPop(out var area))
            diff.Divide(area, waiting);
    }

    private static (int[] Places, int[] Lines) Shared(ReadOnlySpan<int> lines, HashSet<int> others, Span<bool> changed)
    {
        var (places, kept) = (new List<int>(), new List<int>());
        for (var i = 0; i < lines.Length; i++)
        {
            if (others.Contains(lines[i]))
            {
                places.Add(i);
                kept.Add(lines[i]);
            }
            else
                changed[i] = true;
        }
        return ([.. places], [.. kept]);
    }

    private void Divide((int A, int AEnd, int B, int BEnd) area, Stack<(int A, int AEnd, int B, int BEnd)> waiting)
    {
        var (a, aEnd, b, bEnd) = area;
        while (a < aEnd && b < bEnd && _a[a] == _b[b])
            (a, b) = (a + 1, b + 1);
        while (a < aEnd && b < bEnd && _a[aEnd - 1] == _b[bEnd - 1])
            (aEnd, bEnd) = (aEnd - 1, bEnd - 1);
        if (a < aEnd && b < bEnd)
        {
            var (atA, atB) = Middle(a, aEnd, b, bEnd);
            waiting.Push((a, atA, b, atB));
            waiting.Push((atA, aEnd, atB, bEnd));
            return;
        }
        for (var i = a; i < aEnd; i++)
            _goes[_aPlaces[i]] = true;
        for (var i = b; i < bEnd; i++)
            _comes[_bPlaces[i]] = true;
    }

    /// <summary>A point that a shortest path through the area passes.</summary>
    private (int A, int B) Middle(int a, int aEnd, int b, int bEnd)
    {
        int lowest = a - bEnd, highest = aEnd - b, start = a - b, end = aEnd - bEnd;
        int low = start, high = start, backLow = end, backHigh = end;
        var odd = ((start - end) & 1) != 0;
        _front[_zero + start] = a;
        _back[_zero + end] = aEnd;
        for (var cost = 1; ; cost++)
        {
            (low, high) = Widen(_front, low, high, lowest, highest, -1);
            for (var k = high; k >= low; k -= 2)
            {
                var at = Math.Max(_front[_zero + k - 1] + 1, _front[_zero + k + 1]);
                while (at < aEnd && at - k < bEnd && _a[at] == _b[at - k])
                    at++;
                _front[_zero + k] = at;
                if (odd && backLow <= k && k <= backHigh && _back[_zero + k] <= at)
                    return (at, at - k);
            }
            (backLow, backHigh) = Widen(_back, backLow, backHigh, lowest, highest, int.MaxValue);
            for (var k = backHigh; k >= backLow; k -= 2)
            {
                var at = Math.Min(_back[_zero + k - 1], _back[_zero + k + 1] - 1);
                while (at > a && at - k > b && _a[at - 1] == _b[at - k - 1])
                    at--;
                _back[_zero + k] = at;
                if (!odd && low <= k && k <= high && at <= _front[_zero + k])
                    return (at, at - k);
            }
            if (cost >= _mostCost)
                return Furthest((a, aEnd, b, bEnd), (low, high), (backLow, backHigh));
        }
    }

    /// <summary>One more diagonal on either side, or one fewer where the area ends.</summary>
    private readonly (int Low, int High) Widen(int[] reached, int low, int high, int lowest, int highest, int nowhere)
    {
        if (low > lowest)
            reached[_zero + --low - 1] = nowhere;
        else
            low++;
        if (high < highest)
            reached[_zero + ++high + 1] = nowhere;
        else
            high--;
        return (low, high);
    }

    private readonly (int A, int B) Furthest((int A, int AEnd, int B, int BEnd) area, (int Low, int High) front, (int Low, int High) back)
    {
        var (best, bestA, bestB) = (-1, area.A, area.B);
        for (var k = front.High; k >= front.Low; k -= 2)
        {
            var at = Math.Min(_front[_zero + k], area.AEnd);
            var atB = Math.Min(at - k, area.BEnd);
            at = atB + k;
            if (at + atB - area.A - area.B > best)
                (best, bestA, bestB) = (at + atB - area.A - area.B, at, atB);
        }
        for (var k = back.High; k >= back.Low; k -= 2)
        {
            var at = Math.Max(_back[_zero + k], area.A);
            var atB = Math.Max(at - k, area.B);
            at = atB + k;
            if (area.AEnd + area.BEnd - at - atB > best)
                (best, bestA, bestB) = (area.AEnd + area.BEnd - at - atB, at, atB);
        }
        return (bestA, bestB);
    }
}
