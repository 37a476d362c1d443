using Temper.Core.Datasets;

namespace Temper.Ingest;

/// <summary>What is counted about the records of a file, or of a slice's share of it: findings of all that were read, the rest of sound ones.</summary>
internal sealed record RecordFacts
{
    /// <summary>Findings by kind, with their lines.</summary>
    public SortedDictionary<string, CodeTally> Findings { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Records by the guessed language, in the order of <see cref="LanguageGuess.Names"/>.</summary>
    public long[] Languages { get; init; } = new long[LanguageGuess.Names.Length];

    /// <summary>Records by <see cref="RecordKind"/>.</summary>
    public long[] Kinds { get; init; } = new long[Enum.GetValues<RecordKind>().Length];

    /// <summary>Messages by <see cref="Role"/>.</summary>
    public long[] Roles { get; init; } = new long[RoleNames.All.Length];

    /// <summary>Unpaired records that are bad, and that are good.</summary>
    public long[] Labels { get; init; } = new long[2];

    /// <summary>Unicode characters of all texts of a record.</summary>
    public Sketch Characters { get; init; } = new();

    /// <summary>Words, by white space, of all texts of a record.</summary>
    public Sketch Words { get; init; } = new();

    /// <summary>Scores that <c>filters</c> use, before they drop anything.</summary>
    public SortedDictionary<string, Sketch> Scores { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Counts a score.</summary>
    public void Score(string name, double score)
    {
        if (!Scores.TryGetValue(name, out var sketch))
            Scores[name] = sketch = new();
        sketch.Add(score);
    }

    /// <summary>Adds a later share.</summary>
    public void Add(RecordFacts later)
    {
        FileTally.Merge(Findings, later.Findings);
        Sum(Languages, later.Languages);
        Sum(Kinds, later.Kinds);
        Sum(Roles, later.Roles);
        Sum(Labels, later.Labels);
        Characters.Add(later.Characters);
        Words.Add(later.Words);
        foreach (var (name, sketch) in later.Scores)
        {
            if (!Scores.TryGetValue(name, out var sum))
                Scores[name] = sum = new();
            sum.Add(sketch);
        }
    }

    private static void Sum(long[] into, long[] from)
    {
        for (var i = 0; i < from.Length; i++)
            into[i] += from[i];
    }
}
