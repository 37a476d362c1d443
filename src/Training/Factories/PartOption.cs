using Temper.Training.Recipes;

namespace Temper.Training.Factories;

/// <summary>What the value of a part's setting is.</summary>
public enum OptionKind
{
    /// <summary>A number.</summary>
    Number,

    /// <summary>A whole number.</summary>
    Whole,

    /// <summary>True or false.</summary>
    Flag,

    /// <summary>One of some words.</summary>
    Word,
}

/// <summary>A setting of a part's own: what a recipe may write below <c>lr_scheduler_kwargs</c>, <c>optim_args</c> and <c>loss_kwargs</c>.</summary>
public sealed record PartOption
{
    private PartOption(string name, OptionKind kind, object fallback, string meaning) => (Name, Kind, Default, Meaning) = (name, kind, fallback, meaning);

    /// <summary>As recipes write it.</summary>
    public string Name { get; }

    /// <summary>What its value is.</summary>
    public OptionKind Kind { get; }

    /// <summary>The value where the recipe is silent.</summary>
    public object Default { get; }

    /// <summary>What it does, in one sentence.</summary>
    public string Meaning { get; }

    /// <summary>Of a number.</summary>
    internal NumberRange Range { get; private init; }

    /// <summary>Of a word, all that there are.</summary>
    public IReadOnlyList<string> Words { get; private init; } = [];

    /// <summary>A number in a range as mathematicians write it: <c>[0, 1)</c>, <c>(0, inf)</c>.</summary>
    public static PartOption Number(string name, string range, double fallback, string meaning) => new(name, OptionKind.Number, fallback, meaning) { Range = NumberRange.Parse(range) };

    /// <summary>A whole number from <paramref name="least"/> to <paramref name="most"/>.</summary>
    public static PartOption Whole(string name, int least, int most, int fallback, string meaning) => new(name, OptionKind.Whole, (long)fallback, meaning) { Range = new(least, true, most, true) };

    /// <summary>True or false.</summary>
    public static PartOption Flag(string name, string meaning, bool fallback = false) => new(name, OptionKind.Flag, fallback, meaning);

    /// <summary>One of some words; the first is the default.</summary>
    public static PartOption Word(string name, string meaning, params string[] words) => new(name, OptionKind.Word, words[0], meaning) { Words = words };

    /// <summary>What is expected, for messages.</summary>
    internal string Expected => Kind switch
    {
        OptionKind.Flag => "true or false",
        OptionKind.Word => "one of " + string.Join(", ", Words),
        OptionKind.Whole => FormattableString.Invariant($"a whole number, {Range.Low} to {Range.High}"),
        _ => $"a number {Range}",
    };
}

/// <summary>Values of a part's settings: those of the recipe, and the defaults of the others.</summary>
/// <param name="part">Whose settings.</param>
/// <param name="given">What the recipe says, checked; null: nothing.</param>
public sealed class PartValues(NamedPart part, IReadOnlyDictionary<string, object>? given)
{
    /// <summary>A number.</summary>
    public double Number(string name) => (double)Of(name);

    /// <summary>A whole number.</summary>
    public int Whole(string name) => checked((int)(long)Of(name));

    /// <summary>True or false.</summary>
    public bool Flag(string name) => (bool)Of(name);

    /// <summary>One of the setting's words.</summary>
    public string Word(string name) => (string)Of(name);

    private object Of(string name) => given?.GetValueOrDefault(name) ?? part.Options.First(option => option.Name == name).Default;
}
