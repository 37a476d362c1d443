using System.Text.Json;

namespace Temper.Ingest;

/// <summary>What records are like, as counts that can be added and compared: a slice's, an upload's.</summary>
public sealed record RecordShape
{
    /// <summary>Records by their length in characters: the key is the least length of a range that doubles, 0, 1, 2, 4, 8 and so on, ten digits.</summary>
    public SortedDictionary<string, long> Lengths { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Texts by who says them: system (with tools), user (with tools' answers and prompts), assistant (with completions and plain texts).</summary>
    public SortedDictionary<string, long> Roles { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Records by their shape: messages, text and so on.</summary>
    public SortedDictionary<string, long> Kinds { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Verdicts on answers: good, bad. Empty where there is none.</summary>
    public SortedDictionary<string, long> Labels { get; init; } = new(StringComparer.Ordinal);

    /// <summary>All characters.</summary>
    public long Characters { get; set; }

    /// <summary>The sum of several.</summary>
    public static RecordShape Sum(IEnumerable<RecordShape> parts)
    {
        var sum = new RecordShape();
        foreach (var part in parts)
        {
            Merge(sum.Lengths, part.Lengths);
            Merge(sum.Roles, part.Roles);
            Merge(sum.Kinds, part.Kinds);
            Merge(sum.Labels, part.Labels);
            sum.Characters += part.Characters;
        }
        return sum;
    }

    private static void Merge(SortedDictionary<string, long> into, SortedDictionary<string, long> from)
    {
        foreach (var (key, count) in from)
            Count(into, key, count);
    }

    /// <summary>Counts more of a key.</summary>
    internal static void Count(SortedDictionary<string, long> counts, string key, long more)
    {
        if (more > 0)
            counts[key] = counts.GetValueOrDefault(key) + more;
    }
}
