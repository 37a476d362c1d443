using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.Packs;
using Temper.Versioning.Repositories;
using Temper.Versioning.Sync;

namespace Temper.Versioning.Care;

/// <summary>What collecting did, or with a dry run would do.</summary>
/// <param name="Packs">Packs before.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="PacksAfter">Packs after.</param>
/// <param name="BytesAfter">Their bytes.</param>
/// <param name="Live">Objects that something leads to.</param>
/// <param name="Removed">Objects that went.</param>
/// <param name="Waiting">Dead objects that wait for their time of grace.</param>
public sealed record CollectionReport(int Packs, long Bytes, int PacksAfter, long BytesAfter, long Live, long Removed, long Waiting);

/// <summary>
/// Removes objects that nothing leads to. Marks from references, the log of moves (90 days), the index and a merge under way; an object goes only when
/// two marks at least the grace apart found it dead. A pack goes when nothing of it is kept, and is written anew when less than half is. Many small
/// packs become one. Nothing is removed while a link is broken.
/// </summary>
public static class GarbageCollection
{
    /// <summary>How long dead objects are kept unless it is said otherwise.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromDays(14);

    private const int ManyPacks = 50;
    private const long SmallPack = 16 << 20;

    /// <summary>Collects.</summary>
    /// <exception cref="TemperException">Codes <c>repository_damaged</c> (run <c>fsck</c>), <c>repository_locked</c>.</exception>
    public static async Task<CollectionReport> RunAsync(Repository repository, TimeSpan grace, bool dryRun, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(repository);
        using var alone = await ObjectUse.AloneAsync(repository.Home, repository.Clock, ct);
        using var held = await repository.LockAsync(ct);
        var store = repository.Objects;
        store.Refresh();
        var live = await MarkAsync(repository, store, ct);
        var packs = store.Packs.All().ToList();
        Bases.Add(packs, live);
        var dead = packs.SelectMany(Repacking.Rows).Select(r => r.Id).Where(id => !live.Contains(id)).ToHashSet();
        var now = repository.Clock.GetUtcNow();
        var table = new DeadObjects(repository.Database);
        var since = await table.SinceAsync(dead, now.ToUnixTimeMilliseconds(), ct);
        var goes = since.Where(d => d.Value <= now.Subtract(grace).ToUnixTimeMilliseconds()).Select(d => d.Key).ToHashSet();
        var chosen = Choose(packs, goes);
        var removed = chosen.SelectMany(Repacking.Rows).Select(r => r.Id).Where(goes.Contains).ToHashSet();
        long bytes = packs.Sum(p => p.Size), kept = bytes - chosen.Sum(p => p.Size) + chosen.Sum(p => KeptBytes(p, goes));
        if (!dryRun)
        {
            if (chosen.Count > 0)
                kept = bytes - chosen.Sum(p => p.Size) + Repacking.Run(store, chosen, id => !goes.Contains(id), ct);
            await table.KeepAsync(since.Where(d => !removed.Contains(d.Key)), ct);
        }
        var after = dryRun ? packs.Count - chosen.Count + (chosen.Any(p => KeptBytes(p, goes) > 0) ? 1 : 0) : store.Packs.All().Count();
        return new(packs.Count, bytes, after, kept, live.Count, removed.Count, since.Count - removed.Count);
    }

    /// <summary>Makes one of many small packs, where there are many; removes nothing else. Cheap enough to follow every commit.</summary>
    /// <param name="repository">Whose lock the caller holds.</param>
    /// <param name="ct">Ends the work; nothing is lost.</param>
    public static void Tidy(Repository repository, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(repository);
        if (Small(repository.Objects.Packs.All()) is not { Count: > ManyPacks } small)
            return;
        using var alone = ObjectUse.TryAlone(repository.Home);
        if (alone is not null)
            Repacking.Run(repository.Objects, small, _ => true, ct);
    }

    private static async Task<HashSet<Digest>> MarkAsync(Repository repository, PackFolder store, CancellationToken ct)
    {
        var marking = new Marking(store, ShallowFile.Read(repository));
        await RepositoryRoots.FollowRefsAsync(repository, marking, ct);
        await RepositoryRoots.FollowWorkAsync(repository, marking, ct);
        await RepositoryRoots.FollowFolderTreesAsync(repository, marking, ct);
        await RepositoryRoots.FollowLogAsync(repository, marking, ct);
        if (marking.Broken.FirstOrDefault(b => b.Why is not null || !store.IsPartial) is { } broken)
            throw new TemperException("repository_damaged", $"Nothing is removed from a damaged repository: {broken.NamedBy} names {broken.Id}, which is missing or altered.", "`temper fsck` says what is wrong.");
        return [.. marking.Live];
    }

    private static List<LocalPack> Choose(List<LocalPack> packs, HashSet<Digest> goes)
    {
        var chosen = packs.Where(p => KeptBytes(p, goes) is var kept && (kept == 0 && p.Count > 0 || kept < p.Size / 2)).ToHashSet();
        if (Small(packs) is { Count: > ManyPacks } small)
            chosen.UnionWith(small);
        return [.. packs.Where(chosen.Contains)];
    }

    private static List<LocalPack> Small(IEnumerable<LocalPack> packs) => [.. packs.Where(p => p.Size < SmallPack)];

    private static long KeptBytes(LocalPack pack, HashSet<Digest> goes) =>
        goes.Count == 0 ? pack.Size : Repacking.Rows(pack).Where(r => !goes.Contains(r.Id)).Sum(r => (long)r.Stored + PackFormat.EntryHeaderSize + PackFormat.IndexRowSize);
}
