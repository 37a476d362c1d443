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

    /// <summary>Draws in a row that may only repeat earlier ones; then those that are left are listed and drawn from.</summary>
    private const int MostRepeats = 1000;

    /// <summary>Combinations that are listed at most; of more, a thousand draws never repeat a thousand times.</summary>
    private const long MostListed = 1_000_000;

    /// <summary>Every combination, the last parameter changing fastest; null where there are more than <see cref="Most"/>.</summary>
    public static IReadOnlyList<IReadOnlyList<RecipeNode>>? Grid(IReadOnlyList<SweepParameter.Listed> parameters)
    {
        var count = parameters.Aggregate(1L, (all, p) => all > Most ? all : all * p.Values.Count);
        return count > Most ? null : [.. Enumerable.Range(0, (int)count).Select(trial => Combination(parameters, trial))];
    }

    /// <summary>So many trials, no two alike; fewer where the values have no more combinations.</summary>
    public static IReadOnlyList<IReadOnlyList<RecipeNode>> Random(IReadOnlyList<SweepParameter> parameters, int trials, ulong seed)
    {
        var (seen, chosen) = (new HashSet<string>(StringComparer.Ordinal), new List<IReadOnlyList<RecipeNode>>());
        var draw = 0u;
        for (var repeats = 0; chosen.Count < trials && repeats < MostRepeats; draw++)
        {
            RecipeNode[] values = [.. parameters.Select(p => Draw(p, seed, draw))];
            var fresh = seen.Add(Text(values));
            repeats = fresh ? 0 : repeats + 1;
            if (fresh)
                chosen.Add(values);
        }
        var left = chosen.Count < trials ? Every(parameters).Where(values => seen.Add(Text(values))).ToList() : [];
        for (; chosen.Count < trials && left.Count > 0; draw++)
        {
            var at = (int)Philox.Below(new RandomKey(seed, RandomStreams.Sweep, draw), 0, left.Count);
            chosen.Add(left[at]);
            left.RemoveAt(at);
        }
        return chosen;
    }

    private static string Text(RecipeNode[] values) => string.Join('\n', values.Select(v => SweepValues.ToJson(v).GetRawText()));

    /// <summary>Every combination of lists and ranges of whole numbers; none where another range is among them, or where there are too many.</summary>
    private static IEnumerable<RecipeNode[]> Every(IReadOnlyList<SweepParameter> parameters)
    {
        var count = parameters.Aggregate(1L, (all, p) => all > MostListed ? all : all * Math.Min(Choices(p), MostListed + 1));
        return count > MostListed ? [] : Enumerable.Range(0, (int)count).Select(trial => Combination(parameters, trial));
    }

    private static long Choices(SweepParameter parameter) => parameter switch
    {
        SweepParameter.Listed list => list.Values.Count,
        SweepParameter.Drawn { Kind: RangeKind.Int } range => (long)range.High - (long)range.Low + 1,
        _ => long.MaxValue,
    };

    private static RecipeNode Choice(SweepParameter parameter, int at) => parameter is SweepParameter.Listed list ? list.Values[at] : Whole((SweepParameter.Drawn)parameter, at);

    private static RecipeNode.Scalar Whole(SweepParameter.Drawn range, long at) => Scalar(((long)range.Low + at).ToString(CultureInfo.InvariantCulture), range);

    /// <summary>One value: six significant digits of what the range gives, never outside of it.</summary>
    private static RecipeNode Draw(SweepParameter parameter, ulong seed, uint draw)
    {
        var key = new RandomKey(seed, RandomStreams.Sweep, draw, Site: Site(parameter.Path));
        if (parameter is SweepParameter.Listed list)
            return list.Values[(int)Philox.Below(key, 0, list.Values.Count)];
        var range = (SweepParameter.Drawn)parameter;
        if (range.Kind == RangeKind.Int)
            return Whole(range, Philox.Below(key, 0, Choices(range)));
        var share = Philox.Uniform(key, 0);
        var value = range.Kind == RangeKind.Uniform ? range.Low + (share * (range.High - range.Low)) : Math.Exp(Math.Log(range.Low) + (share * (Math.Log(range.High) - Math.Log(range.Low))));
        var rounded = double.Parse(value.ToString("G6", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return Scalar(Math.Clamp(rounded, range.Low, range.High).ToString("R", CultureInfo.InvariantCulture), range);
    }

    private static RecipeNode.Scalar Scalar(string text, SweepParameter parameter) => new(text, false, parameter.Line);

    private static uint Site(string path) => BitConverter.ToUInt32(SHA256.HashData(Encoding.UTF8.GetBytes(path)).AsSpan(0, 4));

    private static RecipeNode[] Combination(IReadOnlyList<SweepParameter> parameters, int trial)
    {
        var values = new RecipeNode[parameters.Count];
        for (var at = parameters.Count - 1; at >= 0; trial /= (int)Choices(parameters[at]), at--)
            values[at] = Choice(parameters[at], trial % (int)Choices(parameters[at]));
        return values;
    }
}
