using System.Globalization;
using Temper.Core.Ids;

namespace Temper.Training.Data;

/// <summary>
/// Which examples are measured instead of trained on: a function of each record's identity and the seed, so that a record stays on its side
/// when others come or go, and copies of one record are never on both.
/// </summary>
public static class HoldOut
{
    /// <summary>Splits, keeping the order.</summary>
    /// <param name="examples">All of them.</param>
    /// <param name="validation">0 none; below 1 a share, at least one record; from 1 on a number of records.</param>
    /// <param name="seed">Another seed, another split.</param>
    public static (IReadOnlyList<TrainExample> Train, IReadOnlyList<TrainExample> HeldOut) Split(IReadOnlyList<TrainExample> examples, double validation, int seed)
    {
        if (validation == 0 || examples.Count == 0)
            return (examples, []);
        var places = examples.Select(e => e.Record).Distinct().ToDictionary(r => r, r => Place(r, seed));
        var ordered = places.OrderBy(p => p.Value).ThenBy(p => p.Key).Select(p => p.Key);
        var chosen = (validation < 1 ? ordered.TakeWhile((r, i) => i == 0 || places[r] < validation) : ordered.Take((int)Math.Min(int.MaxValue, validation))).ToHashSet();
        return ([.. examples.Where(e => !chosen.Contains(e.Record))], [.. examples.Where(e => chosen.Contains(e.Record))]);
    }

    /// <summary>Uniform in [0, 1).</summary>
    private static double Place(Digest record, int seed) =>
        ulong.Parse(Digest.OfText(FormattableString.Invariant($"held-out {seed} {record}")).Hex.AsSpan(0, 13), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / (double)(1L << 52);
}
