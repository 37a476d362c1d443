using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.History;

namespace Temper.Versioning.Merging;

/// <summary>
/// Merges two trees by a third that both come from, path by path, as git's "ort" does without renames: a change of one side stands, equal changes are
/// one, texts are merged by lines, and everything else is a conflict. Needs no work tree. Equal input gives equal output.
/// </summary>
public static class ThreeWayMerge
{
    /// <summary>Merges trees.</summary>
    /// <param name="store">Holds the trees.</param>
    /// <param name="batch">Takes new files and folders; the caller stores it.</param>
    /// <param name="from">The tree that both come from; null: they have nothing in common.</param>
    /// <param name="ours">The tree that is merged into.</param>
    /// <param name="theirs">The tree that is merged.</param>
    /// <param name="options">How.</param>
    /// <param name="ct">Ends the work.</param>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>; <c>path_invalid</c>, <c>path_collision</c> where the sides' paths do not fit into one tree.</exception>
    public static Task<MergeResult> MergeAsync(IObjectStore store, IObjectBatch batch, Digest? from, Digest ours, Digest theirs, MergeOptions options, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return new TreeMerge(new(store), batch, options, depth: 0).RunAsync(from, ours, theirs, ct);
    }

    /// <summary>
    /// Merges commits by their best common ancestors. Where these are several, they are merged themselves first, the oldest with the next; what is in
    /// conflict there equals neither side.
    /// </summary>
    /// <exception cref="TemperException">As <see cref="MergeAsync(IObjectStore, IObjectBatch, Digest?, Digest, Digest, MergeOptions, CancellationToken)"/>.</exception>
    public static async Task<MergeResult> MergeCommitsAsync(CommitGraph graph, IObjectBatch batch, Digest ours, Digest theirs, MergeOptions options, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(options);
        var objects = new MergeObjects(graph.Store);
        var bases = new MergedBases(graph, objects);
        var from = await bases.FindAsync(ours, theirs, depth: 1, ct);
        var files = await new TreeMerge(objects, batch, options, depth: 0).RunAsync(from?.Tree, (await graph.NodeAsync(ours, ct)).Tree, (await graph.NodeAsync(theirs, ct)).Tree, ct);
        return await MetadataAsync(graph.Store, batch, bases.Real, ours, theirs, files, options, ct);
    }

    private static async Task<MergeResult> MetadataAsync(
        IObjectStore store, IObjectBatch batch, Digest? from, Digest ours, Digest theirs, MergeResult files, MergeOptions options, CancellationToken ct)
    {
        var fromMeta = from is { } id ? (await store.ReadCommitAsync(id, ct)).Meta : null;
        var (ourMeta, theirMeta) = ((await store.ReadCommitAsync(ours, ct)).Meta, (await store.ReadCommitAsync(theirs, ct)).Meta);
        if (ourMeta == theirMeta || theirMeta == fromMeta)
            return files with { Meta = ourMeta };
        if (ourMeta == fromMeta)
            return files with { Meta = theirMeta };
        if (options.Metadata is { } merge)
        {
            var (merged, conflicts) = await merge(store, fromMeta, ourMeta, theirMeta, batch, ct);
            return files with { Meta = merged, MetadataConflicts = conflicts };
        }
        var empty = batch.AddFolder([]).Id;
        var meta = await MergeAsync(store, batch, fromMeta, ourMeta ?? empty, theirMeta ?? empty, options, ct);
        return files with { Meta = meta.Tree, MetadataConflicts = [.. meta.Conflicts.Select(c => c.Path.ToString())] };
    }
}
