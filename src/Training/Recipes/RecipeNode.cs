namespace Temper.Training.Recipes;

/// <summary>A recipe as it was written, before any name means anything: values with the line they stand on.</summary>
/// <param name="Line">1 and up; 0 where it came from the command line.</param>
internal abstract record RecipeNode(long Line)
{
    /// <summary>A single value. <paramref name="Quoted"/> tells "true" from true.</summary>
    public sealed record Scalar(string Text, bool Quoted, long Line) : RecipeNode(Line)
    {
        /// <summary>Whether it stands for the absence of a value.</summary>
        public bool IsNull => !Quoted && Text is "" or "null" or "~" or "Null" or "NULL";
    }

    /// <summary>Values in order.</summary>
    public sealed record Items(IReadOnlyList<RecipeNode> Values, long Line) : RecipeNode(Line);

    /// <summary>Named values; no name twice.</summary>
    public sealed record Map(IReadOnlyList<Entry> Entries, long Line) : RecipeNode(Line);

    /// <summary>One name and its value.</summary>
    public sealed record Entry(string Key, long Line, RecipeNode Value);

    /// <summary>The same, from no line of a file.</summary>
    public RecipeNode OffFile() => this switch
    {
        Items list => new Items([.. list.Values.Select(v => v.OffFile())], 0),
        Map map => new Map([.. map.Entries.Select(e => new Entry(e.Key, 0, e.Value.OffFile()))], 0),
        _ => this with { Line = 0 },
    };

    /// <summary>As in a message.</summary>
    public string Shown => this switch
    {
        Scalar { IsNull: true } => "null",
        Scalar s => s.Text.Length > 60 ? s.Text[..60] + "…" : s.Text,
        Items list => $"[{string.Join(", ", list.Values.Take(4).Select(v => v.Shown))}]",
        _ => "{…}",
    };
}
