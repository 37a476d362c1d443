namespace Temper.Models;

/// <summary>Python's comparisons of template values. Every pair that is looked at costs a step, and depth is limited: a template can build lists that
/// hold themselves twice over and over, or that nest a hundred thousand deep.</summary>
internal sealed class JinjaComparison(JinjaRun run, int line)
{
    private const int DeepestNesting = 64;
    private int depth;

    /// <summary>a == b.</summary>
    public bool AreEqual(object? a, object? b)
    {
        run.Step(line);
        if (a is bool x) a = x ? 1L : 0L;
        if (b is bool y) b = y ? 1L : 0L;
        return (a, b) switch
        {
            (null, null) => true,
            (long p, double q) => p == q,
            (double p, long q) => p == q,
            (long p, long q) => p == q,
            (double p, double q) => p == q,
            (string p, string q) => SameText(p, q),
            (List<object?> p, List<object?> q) => SameItems(p, q),
            (object?[] p, object?[] q) => SameItems(p, q),
            (OrderedDictionary<string, object?> p, OrderedDictionary<string, object?> q) => SamePairs(p, q),
            (JinjaUndefined, JinjaUndefined) => true,
            _ => a is not null && ReferenceEquals(a, b),
        };
    }

    /// <summary>Order of two numbers, strings or lists.</summary>
    public int Compare(object? a, object? b)
    {
        run.Step(line);
        if (a is string s && b is string t)
        {
            run.Read(s.Length < t.Length ? s : t, line);
            return string.CompareOrdinal(s, t);
        }

        if (JinjaOperators.IsNumber(a) && JinjaOperators.IsNumber(b))
            return a is double || b is double ? JinjaOperators.ToDouble(a).CompareTo(JinjaOperators.ToDouble(b)) : JinjaOperators.ToLong(a).CompareTo(JinjaOperators.ToLong(b));
        if (a is IReadOnlyList<object?> p && b is IReadOnlyList<object?> q)
        {
            for (var i = 0; i < Math.Min(p.Count, q.Count); i++)
                if (!AreEqual(p[i], q[i])) return Deeper(() => Compare(p[i], q[i]));
            return p.Count.CompareTo(q.Count);
        }

        throw JinjaErrors.Failed(line, $"cannot compare {JinjaText.TypeOf(a)} with {JinjaText.TypeOf(b)}");
    }

    /// <summary>needle in haystack.</summary>
    public bool Contains(object? haystack, object? needle)
    {
        run.Step(line);
        switch (haystack)
        {
            case string text:
                run.Read(text, line);
                return needle is string part ? text.Contains(part, StringComparison.Ordinal) : throw JinjaErrors.Failed(line, $"'in' a string needs a string, not {JinjaText.TypeOf(needle)}");
            case IReadOnlyList<object?> items:
                return items.Any(item => AreEqual(item, needle));
            case OrderedDictionary<string, object?> dict:
                return needle is string key && dict.ContainsKey(key);
            case JinjaUndefined:
                return false;
            default:
                throw JinjaErrors.Failed(line, $"'in' does not work on {JinjaText.TypeOf(haystack)}");
        }
    }

    private bool SameText(string a, string b)
    {
        if (a.Length != b.Length) return false;
        run.Read(a, line);
        return a == b;
    }

    private bool SameItems(IReadOnlyList<object?> a, IReadOnlyList<object?> b) => a.Count == b.Count && Deeper(() =>
    {
        for (var i = 0; i < a.Count; i++)
            if (!AreEqual(a[i], b[i])) return false;
        return true;
    });

    private bool SamePairs(OrderedDictionary<string, object?> a, OrderedDictionary<string, object?> b) => a.Count == b.Count && Deeper(() =>
    {
        foreach (var (key, value) in a)
            if (!b.TryGetValue(key, out var other) || !AreEqual(value, other)) return false;
        return true;
    });

    private T Deeper<T>(Func<T> compare)
    {
        if (++depth > DeepestNesting) throw JinjaErrors.Limit(line, $"values nest more than {DeepestNesting} deep");
        var result = compare();
        depth--;
        return result;
    }
}
