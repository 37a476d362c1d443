using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Storage.Sql;
using Temper.Versioning.Content;
using Temper.Versioning.History;
using Temper.Versioning.Merging;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;

namespace Temper.Registry.Repositories;

/// <summary>Merges one branch into another without a clone. A conflict is the answer, with its paths, and moves nothing.</summary>
internal sealed class ServerMerge(Db db, ContentStore content, RefTable refs, RevisionQueries revisions, TimeProvider clock)
{
    /// <exception cref="TemperException">Codes <c>merge_conflict</c> with a problem per path, <c>stale_ref</c>, <c>non_fast_forward</c>, <c>not_found</c>.</exception>
    public async Task<MergeOutcome> RunAsync(RepositoryRow repo, MergeRequest request, CancellationToken ct)
    {
        var target = RefName.Branch(request.Target);
        var ours = (await refs.ListAsync(repo.Id, target, ct)).FirstOrDefault(r => r.Name == target)?.Target
            ?? throw new TemperException("not_found", $"{repo.Ns}/{repo.Name} has no branch '{request.Target}'.");
        if (request.Expected is { } expected && expected != ours)
            throw new TemperException([new("stale_ref", $"{request.Target} stands on {ours.Short}; the caller saw {expected.Short}.") { Path = target, Value = ours.Hex }]);
        var theirs = await revisions.ResolveAsync(repo, request.Source, ct);
        var graph = new CommitGraph(content);
        if (await MergeBases.IsAncestorAsync(graph, theirs, ours, ct))
            return new(ours, "up-to-date");
        var forward = await MergeBases.IsAncestorAsync(graph, ours, theirs, ct);
        if (!forward && request.ForwardOnly)
            throw new TemperException([new("non_fast_forward", $"{request.Target} and {request.Source} went apart.") { Path = target, Value = ours.Hex }]);
        var next = forward ? theirs : await MergeAsync(graph, request, ours, theirs, ct);
        await refs.UpdateAsync(repo, new([new(target, ours, next)]), ct);
        return new(next, forward ? "fast-forward" : "merge");
    }

    private async Task<Digest> MergeAsync(CommitGraph graph, MergeRequest request, Digest ours, Digest theirs, CancellationToken ct)
    {
        await using var batch = content.NewBatch();
        var merged = await ThreeWayMerge.MergeCommitsAsync(graph, batch, ours, theirs, new() { OursLabel = request.Target, TheirsLabel = request.Source }, ct);
        if (!merged.IsClean)
            throw new TemperException([.. merged.Conflicts.Select(c => new Problem("merge_conflict", $"'{c.Path}' was changed on both sides.") { Path = c.Path.ToString(), Value = c.Kind.ToString() }),
                .. merged.MetadataConflicts.Select(c => new Problem("merge_conflict", $"The metadata '{c}' was changed on both sides.") { Path = c })]);
        var who = new Signature("temper", "", clock.GetUtcNow().ToUnixTimeMilliseconds());
        var commit = batch.AddCommit(new(merged.Tree, who, who, request.Message ?? $"Merge {request.Source} into {request.Target}\n") { Parents = [ours, theirs], Meta = merged.Meta });
        await batch.StoreAsync(ct);
        await db.InTransactionAsync(batch.RecordAsync, ct);
        return commit;
    }
}
