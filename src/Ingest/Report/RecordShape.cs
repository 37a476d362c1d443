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

    /// <summary>Counts a record.</summary>
    internal void Add(RecordText text, ReadOnlySpan<byte> body)
    {
        var kind = WordAfter(body, "\"kind\":\""u8);
        if (kind.Length > 0)
            Count(Kinds, kind, 1);
        // A picture's captions are said by nobody; the report of images counts them.
        if (kind == "image")
            return;
        long characters = text.Context.Concat(text.Asked).Concat(text.Answered).Sum(t => (long)t.Length);
        Characters += characters;
        Count(Lengths, (characters == 0 ? 0 : 1L << System.Numerics.BitOperations.Log2((ulong)characters)).ToString("D10", System.Globalization.CultureInfo.InvariantCulture), 1);
        Count(Roles, "system", text.Context.Count);
        Count(Roles, "user", text.Asked.Count);
        Count(Roles, "assistant", text.Answered.Count);
        if (body.IndexOf("\"label\":true"u8) >= 0)
            Count(Labels, "good", 1);
        else if (body.IndexOf("\"label\":false"u8) >= 0)
            Count(Labels, "bad", 1);
    }

    // A quote inside a text is escaped, so an unescaped name of a member can only be one.
    private static string WordAfter(ReadOnlySpan<byte> body, ReadOnlySpan<byte> name)
    {
        if (body.IndexOf(name) is not (>= 0 and var at))
            return "";
        var rest = body[(at + name.Length)..];
        return System.Text.Encoding.UTF8.GetString(rest[..rest.IndexOf((byte)'"')]);
    }

    private static void Merge(SortedDictionary<string, long> into, SortedDictionary<string, long> from)
    {
        foreach (var (key, count) in from)
            Count(into, key, count);
    }

    private static void Count(SortedDictionary<string, long> counts, string key, long more)
    {
        if (more > 0)
            counts[key] = counts.GetValueOrDefault(key) + more;
    }
}
