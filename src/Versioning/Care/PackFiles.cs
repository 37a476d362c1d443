using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.Packs;

namespace Temper.Versioning.Care;

/// <summary>Packs of a folder, one at a time, as files.</summary>
internal static class PackFiles
{
    /// <summary>Checks one pack: its ends and its index, or <paramref name="full"/>y each object. Adds its ids and what is wrong.</summary>
    public static void Check(PackFolder store, string path, bool full, HashSet<Digest> ids, List<Problem> problems, CancellationToken ct)
    {
        if (IdOf(path) is not { } id)
        {
            problems.Add(new("repository_damaged", $"{path} has a name that no pack has.") { File = path });
            return;
        }
        try
        {
            if (full)
                problems.AddRange(PackCheck.Run(store, id, ct));
            using var pack = LocalPack.Open(path, id);
            if (!full)
                _ = pack.ReadIndex();
            for (var i = 0; i < pack.Count; i++)
                ids.Add(pack.RowAt(i).Id);
        }
        catch (TemperException error)
        {
            if (!full)
                problems.AddRange(error.Problems.Select(p => p with { File = path }));
        }
    }

    /// <summary>The id in a pack's name; null for any other name.</summary>
    public static Digest? IdOf(string path) => Digest.TryParse(Path.GetFileNameWithoutExtension(path)[2..], out var id) ? id : null;
}
