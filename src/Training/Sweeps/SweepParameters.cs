using System.Globalization;
using Temper.Core.Errors;
using Temper.Training.Recipes;

namespace Temper.Training.Sweeps;

/// <summary>Reads <c>parameters:</c>.</summary>
internal static class SweepParameters
{
    /// <summary>All of them, in the file's order; what is wrong is added to <paramref name="problems"/>.</summary>
    public static IReadOnlyList<SweepParameter> Read(RecipeNode? node, string? file, List<Problem> problems)
    {
        if (node is null)
            return [];
        if (node is not RecipeNode.Map map || map.Entries.Count == 0)
        {
            problems.Add(new("wrong_type", $"parameters is '{node.Shown}', expected settings of a recipe, each with its values.") { File = file, Line = node.Line, Path = "parameters", Hint = "Write them indented, such as `learning_rate: [1.0e-4, 1.0e-3]`." });
            return [];
        }
        var read = new List<SweepParameter>();
        foreach (var entry in map.Entries)
            if (Path(entry, file, problems) is { } path && One(path, entry, file, problems) is { } parameter)
            {
                if (read.FirstOrDefault(p => p.Path == path) is { } first)
                    problems.Add(new("alias_conflict", $"'{entry.Key}' and '{first.Written}' (line {first.Line}) are two spellings of {path}.") { File = file, Line = entry.Line, Path = $"parameters.{entry.Key}", Hint = "Keep one of the two." });
                else
                    read.Add(parameter);
            }
        return read;
    }

    private static string? Path(RecipeNode.Entry entry, string? file, List<Problem> problems)
    {
        if (RecipeKeys.Resolve(entry.Key) is { } path)
            return path;
        if (RecipeKeys.Sections.Contains(entry.Key))
            return entry.Key;
        var near = RecipeKeys.Near(entry.Key).ToArray();
        problems.Add(new("unknown_key", $"'{entry.Key}' is not a setting of a recipe.")
        {
            File = file,
            Line = entry.Line,
            Path = $"parameters.{entry.Key}",
            Value = entry.Value.Shown,
            Hint = near.Length == 0 ? "Remove it." : $"Did you mean {string.Join(" or ", near)}?",
        });
        return null;
    }

    private static SweepParameter? One(string path, RecipeNode.Entry entry, string? file, List<Problem> problems)
    {
        void Refuse(string code, string message, string hint) =>
            problems.Add(new(code, message) { File = file, Line = entry.Line, Path = $"parameters.{entry.Key}", Value = entry.Value.Shown, Hint = hint });
        if (entry.Value is RecipeNode.Items list)
            return Listed(path, entry, list, Refuse);
        if (entry.Value is not RecipeNode.Map { Entries: [var range] })
            Refuse("wrong_type", $"{entry.Key} is '{entry.Value.Shown}', expected a list of values or one range.", "Write a list, or one of `uniform: [LOW, HIGH]`, `log_uniform: [LOW, HIGH]`, `int: [LOW, HIGH]`, `choice: [VALUES]`.");
        else if (!SweepKeys.Ranges.Contains(range.Key))
            problems.Add(SweepKeys.Unknown($"parameters.{entry.Key}", range.Key, "not a kind of range", SweepKeys.Ranges, file, range.Line));
        else if (range.Key == "choice")
            return range.Value is RecipeNode.Items choices ? Listed(path, entry, choices, Refuse) : Wrong();
        else if (Ends(range.Value) is not { } ends)
            return Wrong();
        else
            return Drawn(path, entry, range.Key, ends, Refuse);
        return null;

        SweepParameter? Wrong()
        {
            Refuse("wrong_type", $"{range.Key} of {entry.Key} is '{range.Value.Shown}', expected {(range.Key == "choice" ? "a list of values" : "two numbers, [LOW, HIGH]")}.", $"Write `{range.Key}: [{(range.Key == "choice" ? "VALUE, VALUE" : "LOW, HIGH")}]`.");
            return null;
        }
    }

    private static SweepParameter.Listed? Listed(string path, RecipeNode.Entry entry, RecipeNode.Items list, Action<string, string, string> refuse)
    {
        var twice = list.Values.GroupBy(v => SweepValues.ToJson(v).GetRawText(), StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1);
        if (list.Values.Count == 0)
            refuse("wrong_type", $"{entry.Key} has no values.", "Write at least one value.");
        else if (twice is not null)
            refuse("sweep_duplicate", $"{entry.Key} has the value {twice.First().Shown} {twice.Count()} times.", "Keep it once.");
        else
            return new(path, entry.Key, entry.Line, list.Values);
        return null;
    }

    private static SweepParameter.Drawn? Drawn(string path, RecipeNode.Entry entry, string kind, (double Low, double High) ends, Action<string, string, string> refuse)
    {
        var (low, high) = ends;
        if (!(low < high))
            refuse("out_of_range", FormattableString.Invariant($"{kind} of {entry.Key} goes from {low} to {high}, expected the lower number first."), "Write `[LOW, HIGH]`, LOW less than HIGH.");
        else if (kind == "log_uniform" && low <= 0)
            refuse("out_of_range", FormattableString.Invariant($"log_uniform of {entry.Key} begins at {low}, expected a number above 0."), "Begin above 0, or write uniform.");
        else if (kind == "int" && (low != Math.Floor(low) || high != Math.Floor(high) || Math.Max(Math.Abs(low), Math.Abs(high)) > 1L << 52))
            refuse("wrong_type", FormattableString.Invariant($"int of {entry.Key} goes from {low} to {high}, expected whole numbers."), "Write whole numbers, or uniform.");
        else
            return new(path, entry.Key, entry.Line, kind switch { "uniform" => RangeKind.Uniform, "log_uniform" => RangeKind.LogUniform, _ => RangeKind.Int }, low, high);
        return null;
    }

    private static (double Low, double High)? Ends(RecipeNode node) =>
        node is RecipeNode.Items { Values: [RecipeNode.Scalar low, RecipeNode.Scalar high] } && Number(low) is { } from && Number(high) is { } to ? (from, to) : null;

    private static double? Number(RecipeNode.Scalar scalar) =>
        double.TryParse(scalar.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;
}
