using System.Text.Json;

namespace Temper.Training.Recipes.Keys;

/// <summary>What a setting's value is.</summary>
internal enum KeyKind
{
    Text,
    Flag,
    Number,
    Whole,
    Word,
    Names,
    Wholes,
    Map,
    Duration,
    Dataset,
    Part,
    Options,
}

/// <summary>One setting of a recipe: the one place that says what it may be. Reader, schema and documentation use this table.</summary>
/// <param name="Path">Its name; inside a section the section, a dot and the name.</param>
/// <param name="Kind">What its value is.</param>
/// <param name="Default">The value when it is absent, as documented.</param>
/// <param name="Meaning">What it does, in one sentence without a final stop.</param>
internal sealed record RecipeKey(string Path, KeyKind Kind, string Default, string Meaning)
{
    /// <summary>Of a number.</summary>
    public NumberRange Range { get; init; } = new(double.NegativeInfinity, false, double.PositiveInfinity, false);

    /// <summary>Of a word, all that there are; of another kind, words that it may be instead.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>Other spellings, at the root or in the section.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>"" at the root.</summary>
    public string Section => Path.Contains('.', StringComparison.Ordinal) ? Path[..Path.IndexOf('.', StringComparison.Ordinal)] : "";

    /// <summary>The last part of the path.</summary>
    public string Name => Path[(Path.IndexOf('.', StringComparison.Ordinal) + 1)..];

    public static RecipeKey Text(string path, string @default, string meaning, params string[] aliases) => new(path, KeyKind.Text, @default, meaning) { Aliases = aliases };

    public static RecipeKey Flag(string path, string meaning, params string[] aliases) => new(path, KeyKind.Flag, "false", meaning) { Aliases = aliases };

    /// <param name="path">Its path.</param>
    /// <param name="range">As mathematicians write it: <c>(0, 1]</c>.</param>
    /// <param name="default">As documented.</param>
    /// <param name="meaning">One sentence.</param>
    /// <param name="aliases">Other spellings.</param>
    public static RecipeKey Number(string path, string range, string @default, string meaning, params string[] aliases) =>
        new(path, KeyKind.Number, @default, meaning) { Range = NumberRange.Parse(range), Aliases = aliases };

    public static RecipeKey Whole(string path, int least, int most, string @default, string meaning, params string[] aliases) =>
        new(path, KeyKind.Whole, @default, meaning) { Range = new(least, true, most, true), Aliases = aliases };

    public static RecipeKey Word<T>(string path, string @default, string meaning, params string[] aliases) where T : struct, Enum =>
        new(path, KeyKind.Word, @default, meaning) { Words = WordsOf<T>(), Aliases = aliases };

    /// <summary>A name of a part, built in or of a plug-in.</summary>
    public static RecipeKey Part(string path, IReadOnlyList<string> builtIn, string @default, string meaning, params string[] aliases) =>
        new(path, KeyKind.Part, @default, meaning) { Words = builtIn, Aliases = aliases };

    /// <summary>Settings of a part's own.</summary>
    public static RecipeKey Options(string path, string meaning, params string[] aliases) => new(path, KeyKind.Options, "null", meaning) { Aliases = aliases };

    public static RecipeKey Names(string path, string @default, string meaning, params string[] aliases) => new(path, KeyKind.Names, @default, meaning) { Aliases = aliases };

    /// <summary>All words of an enumeration, in snake case.</summary>
    public static string[] WordsOf<T>() where T : struct, Enum => [.. Enum.GetNames<T>().Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)];
}
