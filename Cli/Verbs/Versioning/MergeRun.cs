using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Versioning.Diffing;
using Temper.Versioning.History;
using Temper.Versioning.Merging;
using Temper.Versioning.Metadata;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>
/// One merge into what is checked out. Order: objects, then the note of the merge, then files and index, then the branch. A run that is cut off can be
/// repeated: it finds the tree that it was on the way to.
/// </summary>
internal sealed class MergeRun(VersionSession session, MergeRequest request, RepositoryLock held)
{
    private const int Refused = 2, MostFilesShown = 200;

    private readonly Repository _repository = session.Repository;
    private readonly WorkTreeMerge _work = new(session.Repository, session.Work);
    private readonly CommitGraph _graph = new(session.Repository.Objects);

    public async Task<int> RunAsync(CancellationToken ct)
    {
        var head = await _repository.Refs.HeadAsync(ct);
        await ThrowIfUnderWayAsync(ct);
        if (head.Commit is not { } ours)
            return await ForwardAsync(head, ct);
        var bases = await MergeBases.FindAsync(_graph, ours, request.Theirs, ct);
        if (bases is [var common] && common == request.Theirs)
            return Say("up to date", "Already up to date.", ours);
        if (bases is [var from] && from == ours && request.MayForward && !request.IsSquashed)
            return await ForwardAsync(head, ct);
        if (request.MustForward)
            throw new VersionExit(VersionVerb.Fatal, "merge_not_forward", $"'{request.Name}' does not follow what is checked out; the branch cannot simply move forward.");
        if (bases.Count == 0 && !request.MayBeUnrelated)
            throw new VersionExit(VersionVerb.Fatal, "merge_unrelated", $"'{request.Name}' and what is checked out have no commit in common.");
        return await MergeAsync(head, ours, ct);
    }

    private async Task ThrowIfUnderWayAsync(CancellationToken ct)
    {
        var heads = _repository.Merging.Heads();
        if (heads is [var one] && one == request.Theirs && _work.IsCutOff)
            return;
        if (heads.Count > 0)
            throw new VersionExit(VersionVerb.Fatal, "merge_under_way", $"The merge of {heads[0].Short} is not finished.");
        if (await session.Work.ConflictsAsync(ct) is { Count: > 0 } open)
            throw new TemperException([.. open.Select(path => new Problem("index_unmerged", $"'{path}' is in conflict.") { File = path })]);
    }

    private async Task<int> ForwardAsync(Head head, CancellationToken ct)
    {
        var (from, to) = (await MergeEnd.TreeAsync(_repository, head.Commit, ct), await MergeEnd.TreeAsync(_repository, request.Theirs, ct));
        await KeepingAsync(VersionVerb.Negative, () => session.Work.SwitchAsync(from, to, held, ct));
        await BranchSwitch.CheckOutMetadataAsync(_repository, request.Theirs, ct);
        await MoveAsync(head, request.Theirs, "Fast-forward", session.Mover(), ct);
        session.Work.EndSwitch();
        Say("fast-forward", $"{(head.Commit is { } old ? $"Updating {old.Short}..{request.Theirs.Short}\n" : "")}Fast-forward", request.Theirs);
        await ShowFilesAsync(from, to, ct);
        return 0;
    }

    private async Task<int> MergeAsync(Head head, Digest ours, CancellationToken ct)
    {
        var (author, committer) = (session.Author(), session.Committer());
        var message = CommitWriter.Clean(request.Message ?? await MergeMessage.OfAsync(_repository, head, request.Name, ct));
        await using var batch = _repository.Objects.BeginBatch();
        var merged = await ThreeWayMerge.MergeCommitsAsync(_graph, batch, ours, request.Theirs, request.Options, ct);
        var tree = await MergeEnd.TreeAsync(_repository, ours, ct);
        if (await _work.StagedAsync(tree, merged.Tree, ct) is { Count: > 0 } staged)
            throw new VersionExit(Refused, new TemperException([.. staged.Select(path => new Problem("worktree_changed", $"'{path}' is changed in the index; commit that first.") { File = path })]));
        var isCommitted = merged.IsClean && request.IsCommitted;
        Digest? commit = isCommitted ? batch.AddCommit(new(merged.Tree, author, committer, message) { Meta = merged.Meta, Parents = [ours, request.Theirs] }) : null;
        await batch.StoreAsync(ct);
        DurableSteps.Passed("vcs.merge_stored");
        if (commit is null && !request.IsSquashed)
            _repository.Merging.Begin([request.Theirs], message);
        await ApplyAsync(tree, merged, ct);
        if (request.IsSquashed)
            _repository.Merging.SetSquashed(await MergeMessage.SquashedAsync(_repository, ours, request.Theirs, ct));
        await MetadataTree.CheckOutAsync(_repository.Objects, merged.Meta, Path.Combine(_repository.Home, "metadata"), ct);
        if (commit is { } id)
            await MoveAsync(head, id, "Merge made", committer, ct);
        session.Work.EndSwitch();
        if (commit is not null)
            _repository.Merging.End();
        return await ShowAsync(tree, merged, commit, ct);
    }

    private async Task ApplyAsync(Digest? tree, MergeResult merged, CancellationToken ct)
    {
        // A run that was cut off behind the last step has left nothing to write.
        if ((await session.Work.ConflictsAsync(ct)).Count > 0)
            return;
        try
        {
            await KeepingAsync(Refused, () => _work.ApplyAsync(tree, merged, held, ct));
        }
        catch (VersionExit)
        {
            _repository.Merging.End();
            throw;
        }
    }

    /// <summary>Local changes that would be lost end the merge before anything is touched.</summary>
    private static async Task KeepingAsync(int exit, Func<Task> change)
    {
        try
        {
            await change();
        }
        catch (TemperException error) when (error.Code is "worktree_changed")
        {
            throw new VersionExit(exit, error);
        }
    }

    private async Task MoveAsync(Head head, Digest commit, string how, Signature who, CancellationToken ct)
    {
        if (head.Commit is { } old)
            _repository.Merging.SetOrigin(old);
        await CommitWriter.MoveAsync(_repository, head, commit, $"merge {request.Name}: {how}", who, ct);
        DurableSteps.Passed("vcs.merged");
    }

    private int Say(string result, string text, Digest commit)
    {
        if (session.Json)
            session.Document(new { result, commit });
        else if (!session.Quiet)
            session.Out.WriteLine(text);
        return 0;
    }

    private async Task<int> ShowAsync(Digest? from, MergeResult merged, Digest? commit, CancellationToken ct)
    {
        if (session.Json)
            session.Document(new
            {
                result = !merged.IsClean ? "conflicts" : commit is null ? "not committed" : "merged",
                commit,
                tree = merged.Tree,
                conflicts = merged.Conflicts.Select(c => new { path = c.Path.ToString(), kind = c.Kind.ToString(), @base = c.Base?.Id, ours = c.Ours?.Id, theirs = c.Theirs?.Id }),
                metadata_conflicts = merged.MetadataConflicts,
            });
        else if (!session.Quiet)
            await TellAsync(from, merged, commit, ct);
        return merged.IsClean ? 0 : VersionVerb.Negative;
    }

    private async Task TellAsync(Digest? from, MergeResult merged, Digest? commit, CancellationToken ct)
    {
        foreach (var line in merged.Messages.Concat(merged.MetadataConflicts.Select(c => $"CONFLICT (metadata): {c}; ours was kept")))
            session.Out.WriteLine(Output.Style.Clean(line));
        if (!merged.IsClean)
            session.Out.WriteLine("Automatic merge failed; fix conflicts and then commit the result.");
        else if (request.IsSquashed)
            session.Out.WriteLine("Squash commit -- not updating HEAD");
        else if (commit is null)
            session.Out.WriteLine("Automatic merge went well; stopped before committing as requested");
        else
        {
            session.Out.WriteLine($"Merge made: {commit.Value.Short}");
            await ShowFilesAsync(from, merged.Tree, ct);
        }
    }

    private async Task ShowFilesAsync(Digest? from, Digest? to, CancellationToken ct)
    {
        if (session.Json || session.Quiet || !request.ShowsFiles)
            return;
        var changes = await TreeDiff.CompareAsync(_repository.Objects, from, to, ct).Take(MostFilesShown + 1).ToListAsync(ct);
        if (changes.Count > MostFilesShown)
        {
            session.Out.WriteLine($" more than {MostFilesShown} files changed");
            return;
        }
        var stat = new DiffStat();
        foreach (var change in changes)
            await stat.AddAsync(FileDifference.Of(_repository.Objects, change), change.Path.ToString(), ct);
        session.Out.Write(stat.Table());
    }
}
