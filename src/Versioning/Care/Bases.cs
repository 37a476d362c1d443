using Temper.Core.Ids;
using Temper.Versioning.Packs;

namespace Temper.Versioning.Care;

/// <summary>Which chunks others are kept as differences from: without them those cannot be read.</summary>
internal static class Bases
{
    /// <summary>Adds to what lives all that it is kept as a difference from, at any depth.</summary>
    public static void Add(IEnumerable<LocalPack> packs, HashSet<Digest> live)
    {
        var differences = Differences(packs);
        foreach (var start in differences.Keys.Where(live.Contains).ToList())
            for (var id = start; differences.TryGetValue(id, out var based) && live.Add(based);)
                id = based;
    }

    /// <summary>Takes out of what goes all that something which stays is kept as a difference from.</summary>
    public static void Keep(IEnumerable<LocalPack> packs, HashSet<Digest> goes)
    {
        var differences = Differences(packs);
        foreach (var start in differences.Keys.Where(id => !goes.Contains(id)).ToList())
            for (var id = start; differences.TryGetValue(id, out var based) && goes.Remove(based);)
                id = based;
    }

    private static Dictionary<Digest, Digest> Differences(IEnumerable<LocalPack> packs)
    {
        var differences = new Dictionary<Digest, Digest>();
        foreach (var pack in packs)
            foreach (var row in Repacking.Rows(pack).Where(r => r.Form == PackForm.Difference))
                differences.TryAdd(row.Id, pack.BaseOf(row)!.Value);
        return differences;
    }
}
