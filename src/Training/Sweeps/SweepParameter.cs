using Temper.Training.Recipes;

namespace Temper.Training.Sweeps;

/// <summary>How values of a range are drawn.</summary>
internal enum RangeKind
{
    /// <summary>Each number alike.</summary>
    Uniform,

    /// <summary>Each order of magnitude alike.</summary>
    LogUniform,

    /// <summary>Each whole number alike, both ends among them.</summary>
    Int,
}

/// <summary>Values of one setting that a sweep tries: a list, or a range to draw from.</summary>
/// <param name="Path">The setting.</param>
/// <param name="Written">As the file spells it.</param>
/// <param name="Line">Where it stands.</param>
internal abstract record SweepParameter(string Path, string Written, long Line)
{
    /// <summary>These values.</summary>
    public sealed record Listed(string Path, string Written, long Line, IReadOnlyList<RecipeNode> Values) : SweepParameter(Path, Written, Line);

    /// <summary>Numbers between two.</summary>
    public sealed record Drawn(string Path, string Written, long Line, RangeKind Kind, double Low, double High) : SweepParameter(Path, Written, Line);
}
