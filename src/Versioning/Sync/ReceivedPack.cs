using System.Security.Cryptography;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;
using Temper.Versioning.Packs;
using Temper.Versioning.Trees;

namespace Temper.Versioning.Sync;

/// <summary>A pack that came from somebody else and was looked through: every byte belongs to it, every object has the digest that names it.</summary>
/// <param name="Pack">Its name, size and entries.</param>
/// <param name="Commits">Its commits, parents before children.</param>
/// <param name="Recipes">Its recipes; whether their files are what they say is seen when all chunks are there.</param>
public sealed record ReceivedPack(StoredPack Pack, IReadOnlyList<(Digest Id, Commit Commit)> Commits, IReadOnlyList<Recipe> Recipes)
{
    /// <summary>Reads and checks a pack that nobody vouches for. Memory: its index and one object.</summary>
    /// <param name="file">All of it; can seek.</param>
    /// <param name="id">SHA-256 that it should have.</param>
    /// <param name="ct">Ends the work.</param>
    /// <exception cref="TemperException">Code <c>corrupt_upload</c>, saying what is wrong.</exception>
    public static async Task<ReceivedPack> ReadAsync(Stream file, Digest id, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(file);
        try
        {
            file.Position = 0;
            if (Digest.FromHash(await SHA256.HashDataAsync(file, ct)) is var found && found != id)
                throw Corrupt($"The pack {id} arrived with the digest {found}.");
            var entries = await IndexAsync(file, id, ct);
            var (commits, recipes) = (new List<(Digest, Commit)>(), new List<Recipe>());
            foreach (var entry in entries)
            {
                var body = await BodyAsync(file, entry, id, ct);
                if (entry.Kind == ObjectKind.Commit)
                    commits.Add((entry.Id, CommitCodec.Decode(body)));
                else if (entry.Kind == ObjectKind.Recipe)
                    recipes.Add(RecipeCodec.Decode(body));
                else
                    Understand(entry.Kind, body);
            }
            return new(new(id, file.Length, entries), Sorted(commits), recipes);
        }
        catch (TemperException error) when (error.Code == "object_corrupt")
        {
            throw Corrupt(error.Problems[0].Message);
        }
    }

    /// <summary>Trees and tags have one spelling; what has another is not taken.</summary>
    private static void Understand(ObjectKind kind, byte[] body)
    {
        if (kind == ObjectKind.Tree)
            FolderNodes.Check(body);
        else if (kind == ObjectKind.Tag)
            TagCodec.Decode(body);
    }

    private static async Task<IReadOnlyList<PackEntry>> IndexAsync(Stream file, Digest id, CancellationToken ct)
    {
        if (file.Length < PackFormat.HeaderSize + PackFormat.TrailerSize)
            throw Corrupt($"The pack {id} has {file.Length} bytes.");
        PackFormat.CheckHeader(await ReadAsync(file, 0, PackFormat.HeaderSize, ct), id);
        var (offset, count, digest) = PackFormat.ReadTrailer(await ReadAsync(file, file.Length - PackFormat.TrailerSize, PackFormat.TrailerSize, ct), file.Length, id);
        var index = await ReadAsync(file, offset, count * PackFormat.IndexRowSize, ct);
        if (Digest.Of(index) != digest)
            throw Corrupt($"The index of the pack {id} does not have the digest in its trailer.");
        var entries = Enumerable.Range(0, count).Select(n => PackFormat.ReadIndexRow(index.AsSpan(n * PackFormat.IndexRowSize, PackFormat.IndexRowSize), offset, id))
            .OrderBy(e => e.Offset).ToList();
        long at = PackFormat.HeaderSize;
        foreach (var entry in entries)
        {
            if (entry.Offset != at)
                throw Corrupt($"Bytes {at} to {entry.Offset} of the pack {id} belong to no object, or to two.");
            at += PackFormat.EntryHeaderSize + entry.Stored;
        }
        if (at != offset || entries.DistinctBy(e => (e.Id, e.Kind)).Count() != count)
            throw Corrupt($"The entries of the pack {id} do not fill it, or one occurs twice.");
        return entries;
    }

    private static async Task<byte[]> BodyAsync(Stream file, PackEntry entry, Digest id, CancellationToken ct) =>
        PackReader.Open(await ReadAsync(file, entry.Offset, PackFormat.EntryHeaderSize + entry.Stored, ct), entry, id);

    private static async Task<byte[]> ReadAsync(Stream file, long offset, int length, CancellationToken ct)
    {
        var bytes = new byte[length];
        file.Position = offset;
        await file.ReadExactlyAsync(bytes, ct);
        return bytes;
    }

    private static List<(Digest, Commit)> Sorted(List<(Digest Id, Commit Commit)> commits)
    {
        var (byId, done, sorted) = (commits.ToDictionary(c => c.Id, c => c.Commit), new HashSet<Digest>(), new List<(Digest, Commit)>());
        foreach (var (first, _) in commits)
        {
            var waiting = new Stack<(Digest Id, bool After)>([(first, false)]);
            while (waiting.TryPop(out var next))
            {
                if (next.After)
                    sorted.Add((next.Id, byId[next.Id]));
                else if (byId.TryGetValue(next.Id, out var commit) && done.Add(next.Id))
                {
                    waiting.Push((next.Id, true));
                    foreach (var parent in commit.Parents)
                        waiting.Push((parent, false));
                }
            }
        }
        return sorted;
    }

    private static TemperException Corrupt(string message) => new("corrupt_upload", message);
}
