using Temper.Core.Errors;
using Temper.Training.Recipes;

namespace Temper.Training.Sweeps;

/// <summary>The keys of a sweep file.</summary>
internal static class SweepKeys
{
    /// <summary>All of them.</summary>
    public static readonly string[] All = ["version", "name", "recipe", "method", "metric", "direction", "parameters", "trials", "seed", "eta", "min_steps", "max_steps", "suite", "alias", "priority"];

    /// <summary>Ways to draw a value, and lists written as one of them.</summary>
    public static readonly string[] Ranges = ["uniform", "log_uniform", "int", "choice"];

    /// <summary>The problem of a word that is none of the known ones.</summary>
    public static Problem Unknown(string path, string written, string what, IReadOnlyList<string> known, string? file, long line) =>
        new("unknown_key", $"'{written}' is {what}; there are {string.Join(", ", known)}.")
        {
            File = file,
            Line = line,
            Path = path,
            Value = written,
            Hint = RecipeKeys.Nearest(written, known) is { } near ? $"Did you mean {near}?" : "Remove it.",
        };
}
