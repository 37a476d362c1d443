using System.Security.Cryptography;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Packs;

/// <summary>Reads a pack of a folder to its last byte and names everything that is wrong with it.</summary>
public static class PackCheck
{
    /// <summary>All problems of a pack: its ends, its index, the digest that names it, and each object that does not come out as its id says.</summary>
    /// <param name="store">Holds the pack, and what its differences are from.</param>
    /// <param name="pack">Its id.</param>
    /// <param name="ct">Ends the work.</param>
    public static IReadOnlyList<Problem> Run(PackFolder store, Digest pack, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(store);
        var problems = new List<Problem>();
        var path = store.Packs.PathOf(pack);
        try
        {
            using var open = LocalPack.Open(path, pack);
            if (!open.IsNamedByIndex() && DigestOf(open, ct) != pack)
                problems.Add(Problem($"The pack {pack} does not have the digest that names it."));
            Try(problems, () => open.ReadIndex());
            Objects(store, open, problems, ct);
        }
        catch (FileNotFoundException)
        {
            problems.Add(new("object_missing", $"The pack {pack} is not there."));
        }
        catch (TemperException error)
        {
            problems.AddRange(error.Problems);
        }
        return [.. problems.Select(p => p with { File = path })];
    }

    private static void Objects(PackFolder store, LocalPack pack, List<Problem> problems, CancellationToken ct)
    {
        long at = PackFormat.HeaderSize;
        foreach (var row in Enumerable.Range(0, pack.Count).Select(pack.RowAt).OrderBy(r => r.Offset))
        {
            ct.ThrowIfCancellationRequested();
            if (row.Offset != at)
                problems.Add(Problem($"Bytes {at} to {row.Offset} of the pack {pack.Id} belong to no object, or to two."));
            at = row.Offset + PackFormat.EntryHeaderSize + row.Stored;
            Try(problems, () => store.Open(pack, row));
        }
    }

    private static void Try(List<Problem> problems, Func<object> step)
    {
        try
        {
            _ = step();
        }
        catch (TemperException error)
        {
            problems.AddRange(error.Problems);
        }
    }

    private static Problem Problem(string what) => new("object_corrupt", what);

    private static Digest DigestOf(LocalPack pack, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 20];
        for (long at = 0; at < pack.Size;)
        {
            ct.ThrowIfCancellationRequested();
            var count = (int)Math.Min(buffer.Length, pack.Size - at);
            pack.ReadRaw(buffer.AsSpan(0, count), at);
            hash.AppendData(buffer, 0, count);
            at += count;
        }
        return Digest.FromHash(hash.GetHashAndReset());
    }
}
