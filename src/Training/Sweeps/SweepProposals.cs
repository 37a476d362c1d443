using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Temper.Tensors;
using Temper.Training.Planning;
using Temper.Training.Recipes;

namespace Temper.Training.Sweeps;

/// <summary>
/// The values of each trial. Those that are drawn are a function of seed, draw and the setting's name alone (Philox counters): another setting more, or
/// another order in the file, changes none of them, and a sweep of more trials begins with those of a smaller one.
/// </summary>
internal static class SweepProposals
{
    /// <summary>Most trials of a sweep.</summary>
    public const int Most = 1000;

    /// <summary>Draws in a row that may only repeat earlier ones before the space counts as exhausted.</summary>
    private const int MostRepeats = 1000;

    /// <summary>Every combination, the last parameter changing fastest; null where there are more than <see cref="Most"/>.</summary>
    public static IReadOnlyList<IReadOnlyList<RecipeNode>>? Grid(IReadOnlyList<SweepParameter.Listed> parameters)
    {
        var count = parameters.Aggregate(1L, (all, p) => all > Most ? all : all * p.Values.Count);
        return count > Most ? null : [.. Enumerable.Range(0, (int)count).Select(trial => Combination(parameters, trial))];
    }

    /// <summary>So many trials, no two alike; fewer where the lists have no more combinations.</summary>
    public static IReadOnlyList<IReadOnlyList<RecipeNode>> Random(IReadOnlyList<SweepParameter> parameters, int trials, ulong seed)
    {
        var (seen, chosen) = (new HashSet<string>(StringComparer.Ordinal), new List<IReadOnlyList<RecipeNode>>());
        for (uint draw = 0, repeats = 0; chosen.Count < trials && repeats < MostRepeats; draw++)
        {
            RecipeNode[] values = [.. parameters.Select(p => Draw(p, seed, draw))];
            var fresh = seen.Add(string.Join('\n', values.Select(v => SweepValues.ToJson(v).GetRawText())));
            repeats = fresh ? 0 : repeats + 1;
            if (fresh)
                chosen.Add(values);
        }
        return chosen;
    }

    /// <summary>One value: six significant digits of what the range gives, never outside of it.</summary>
    private static RecipeNode Draw(SweepParameter parameter, ulong seed, uint draw)
    {
        var key = new RandomKey(seed, RandomStreams.Sweep, draw, Site: Site(parameter.Path));
        if (parameter is SweepParameter.Listed list)
            return list.Values[(int)Philox.Below(key, 0, list.Values.Count)];
        var range = (SweepParameter.Drawn)parameter;
        if (range.Kind == RangeKind.Int)
            return Scalar(((long)range.Low + Philox.Below(key, 0, (long)range.High - (long)range.Low + 1)).ToString(CultureInfo.InvariantCulture), range);
        var share = Philox.Uniform(key, 0);
        var value = range.Kind == RangeKind.Uniform ? range.Low + (share * (range.High - range.Low)) : Math.Exp(Math.Log(range.Low) + (share * (Math.Log(range.High) - Math.Log(range.Low))));
        var rounded = double.Parse(value.ToString("G6", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return Scalar(Math.Clamp(rounded, range.Low, range.High).ToString("R", CultureInfo.InvariantCulture), range);
    }

    private static RecipeNode.Scalar Scalar(string text, SweepParameter parameter) => new(text, false, parameter.Line);

    private static uint Site(string path) => BitConverter.ToUInt32(SHA256.HashData(Encoding.UTF8.GetBytes(path)).AsSpan(0, 4));

    private static RecipeNode[] Combination(IReadOnlyList<SweepParameter.Listed> parameters, int trial)
    {
        var values = new RecipeNode[parameters.Count];
        for (var at = parameters.Count - 1; at >= 0; trial /= parameters[at].Values.Count, at--)
            values[at] = parameters[at].Values[trial % parameters[at].Values.Count];
        return values;
    }
}
