using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Objects;
using Temper.Versioning.Packs;
using Temper.Versioning.Repositories;
using Temper.Versioning.Sync;

namespace Temper.Versioning.Care;

/// <summary>What pruning did, or with a dry run would do.</summary>
/// <param name="Files">Large files that the remote confirmed.</param>
/// <param name="Chunks">Chunks that went here.</param>
/// <param name="Bytes">Bytes of packs that went with them.</param>
/// <param name="Unconfirmed">Large files that stayed, because the remote lacks some of their chunks.</param>
public sealed record PruningReport(int Files, long Chunks, long Bytes, int Unconfirmed);

/// <summary>
/// Gives back the room of what a remote has: drops the chunks of large files of pushed commits, after the remote confirmed each. Commits, trees,
/// recipes and small files stay; a file that is needed again is fetched, as in a partial clone.
/// </summary>
public static class Pruning
{
    private const int AtOnce = 10_000;

    /// <summary>Drops what <paramref name="name"/> has.</summary>
    /// <param name="repository">Whose packs become smaller.</param>
    /// <param name="name">Name of the remote.</param>
    /// <param name="remote">The same, open.</param>
    /// <param name="larger">Files of more bytes are dropped.</param>
    /// <param name="dryRun">Only tells.</param>
    /// <param name="ct">Ends the work; nothing is lost.</param>
    /// <exception cref="TemperException">Those of <see cref="IRemote"/>; <c>repository_locked</c>.</exception>
    public static async Task<PruningReport> RunAsync(Repository repository, string name, IRemote remote, long larger, bool dryRun, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(repository);
        ArgumentNullException.ThrowIfNull(remote);
        using var alone = await ObjectUse.AloneAsync(repository.Home, repository.Clock, ct);
        using var held = await repository.LockAsync(ct);
        var store = repository.Objects;
        store.Refresh();
        var (files, unconfirmed) = await ConfirmedAsync(repository, name, remote, larger, ct);
        var drop = files.SelectMany(f => f.Value).ToHashSet();
        drop.ExceptWith(await NeededAsync(repository, [.. files.Keys], ct));
        var packs = store.Packs.All().ToList();
        Bases.Keep(packs, drop);
        var chosen = packs.Where(p => Repacking.Rows(p).Any(r => drop.Contains(r.Id))).ToList();
        var gone = chosen.SelectMany(Repacking.Rows).Where(r => drop.Contains(r.Id)).DistinctBy(r => r.Id).ToList();
        var report = new PruningReport(files.Count, gone.Count, gone.Sum(r => (long)r.Stored + PackFormat.EntryHeaderSize + PackFormat.IndexRowSize), unconfirmed);
        if (dryRun || chosen.Count == 0)
            return report;
        // First it is noted who has them, then they go.
        new RemoteSettings(repository).SetPartial(name, null, []);
        store.IsPartial = true;
        Repacking.Run(store, chosen, id => !drop.Contains(id), ct);
        return report;
    }

    private static async Task<(Dictionary<Digest, IReadOnlyList<Digest>> Files, int Unconfirmed)> ConfirmedAsync(Repository repository, string name, IRemote remote, long larger, CancellationToken ct)
    {
        var pushed = new Marking(repository.Objects, ShallowFile.Read(repository));
        foreach (var (reference, target) in await repository.Refs.ListAsync($"{RefName.Remotes}{name}/", ct))
            await pushed.FollowAsync(target, reference, ct);
        var files = new Dictionary<Digest, IReadOnlyList<Digest>>();
        foreach (var row in repository.Objects.Packs.All().SelectMany(Repacking.Rows).Where(r => r.Kind == ObjectKind.Recipe && pushed.Live.Contains(r.Id)))
            if (await repository.Objects.FindRecipeAsync(row.Id, ct) is { } recipe && recipe.Size > larger)
                files.TryAdd(row.Id, [.. recipe.Chunks.Select(c => c.Id)]);
        var missing = new HashSet<Digest>();
        foreach (var batch in files.Values.SelectMany(c => c).Distinct().Chunk(AtOnce))
            missing.UnionWith(await remote.FindMissingAsync(batch, ct));
        var lacking = files.Where(f => f.Value.Any(missing.Contains)).Select(f => f.Key).ToList();
        lacking.ForEach(file => files.Remove(file));
        return (files, lacking.Count);
    }

    /// <summary>Chunks of all files but those.</summary>
    private static async Task<HashSet<Digest>> NeededAsync(Repository repository, HashSet<Digest> files, CancellationToken ct)
    {
        var needed = new HashSet<Digest>();
        foreach (var row in repository.Objects.Packs.All().SelectMany(Repacking.Rows).Where(r => r.Kind == ObjectKind.Recipe && !files.Contains(r.Id)))
            if (await repository.Objects.FindRecipeAsync(row.Id, ct) is { } recipe)
                needed.UnionWith(recipe.Chunks.Select(c => c.Id));
        return needed;
    }
}
