using System.Text;
using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Work;
using Temper.Versioning.Metadata;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Repositories;

/// <summary>Makes commits of the index and of the metadata folder, and moves the branch that is checked out, or HEAD.</summary>
public static class CommitWriter
{
    /// <summary>Makes a commit. Ends the merge that is under way. The caller holds the lock.</summary>
    /// <exception cref="TemperException">
    /// Codes <c>nothing_to_commit</c>, <c>index_unmerged</c>, <c>message_missing</c>, <c>ref_moved</c>; <c>revision_unknown</c> for amending nothing; of a
    /// signer, its own.
    /// </exception>
    public static async Task<CommitOutcome> CommitAsync(Repository repository, CommitRequest request, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(repository);
        ArgumentNullException.ThrowIfNull(request);
        if (request.Message.Length == 0)
            throw new TemperException("message_missing", "The message of the commit is empty.");
        var head = await repository.Refs.HeadAsync(ct);
        var merged = repository.Merging.Heads();
        var last = head.Commit is { } at ? await repository.Objects.ReadCommitAsync(at, ct) : null;
        if (request.Amend && last is null)
            throw new TemperException("revision_unknown", "There is no commit to amend yet.");
        if (request.Amend && merged.Count > 0)
            throw new TemperException("index_unmerged", "A merge is under way; nothing can be amended before it is committed or given up.");
        await using var batch = repository.Objects.BeginBatch();
        var tree = request.Tree ?? await repository.Index.WriteTreeAsync(batch, ct);
        var meta = await MetadataTree.BuildAsync(Path.Combine(repository.Home, "metadata"), batch, ct);
        IReadOnlyList<Digest> parents = request.Amend ? last!.Parents : head.Commit is { } parent ? [parent, .. merged] : merged;
        var before = request.Amend ? (parents.Count > 0 ? await repository.Objects.ReadCommitAsync(parents[0], ct) : null) : last;
        // What is amended is measured against its parent, as in git: a commit that changes nothing is not made again by accident.
        var same = before is null ? await IsEmptyAsync(repository, ct) && meta is null : before.Tree == tree && before.Meta == meta;
        if (!request.AllowEmpty && same && parents.Count < 2)
            throw new TemperException("nothing_to_commit", "There is nothing to commit.");
        var commit = new Commit(tree, request.Author, request.Committer, request.Message) { Meta = meta, Parents = parents, Run = request.Run, Inputs = request.Inputs };
        if (request.Sign is { } sign)
            commit = await sign(commit, ct);
        var id = batch.AddCommit(commit);
        await batch.StoreAsync(ct);
        DurableSteps.Passed("vcs.commit_stored");
        await repository.Index.KeepTreesAsync(ct);
        await MoveAsync(repository, head, id, Reason(request, parents.Count), request.Committer, ct);
        repository.Merging.End();
        DurableSteps.Passed("vcs.committed");
        Note(repository, id, commit, head);
        return new(id, commit, head with { Commit = id });
    }

    /// <summary>Moves the branch that is checked out, or HEAD where there is none.</summary>
    /// <exception cref="TemperException">Code <c>ref_moved</c>.</exception>
    public static Task MoveAsync(Repository repository, Head head, Digest commit, string reason, Signature who, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(repository);
        ArgumentNullException.ThrowIfNull(head);
        return head.Branch is { } branch
            ? repository.Refs.UpdateAsync([new(branch, head.Commit, commit)], reason, who, ct)
            : repository.Refs.SetHeadAsync(new(null, commit), reason, who, ct);
    }

    /// <summary>A message as git cleans it: no blanks at the ends of lines, no empty lines around it, one where there were several, a line feed at its end.</summary>
    public static string Clean(string message)
    {
        ArgumentNullException.ThrowIfNull(message);
        var text = new StringBuilder();
        var empty = false;
        foreach (var line in message.ReplaceLineEndings("\n").Split('\n').Select(line => line.TrimEnd()))
        {
            if (line.Length > 0)
                text.Append(empty && text.Length > 0 ? "\n" : "").Append(line).Append('\n');
            empty = line.Length == 0;
        }
        return text.ToString();
    }

    /// <summary>The first paragraph of a message on one line.</summary>
    public static string Subject(string message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return string.Join(' ', message.TrimStart('\n').Split('\n').TakeWhile(line => line.Length > 0));
    }

    private static async Task<bool> IsEmptyAsync(Repository repository, CancellationToken ct) => (await repository.Index.SnapshotAsync(ct)).Folders.Count == 0;

    private static string Reason(CommitRequest request, int parents) =>
        $"commit{(request.Amend ? " (amend)" : parents == 0 ? " (initial)" : parents > 1 ? " (merge)" : "")}: {Subject(request.Message)}";

    private static void Note(Repository repository, Digest id, Commit commit, Head head)
    {
        var line = JsonSerializer.Serialize(new { at_ms = commit.Committer.AtMs, commit = id, branch = head.ShortBranch, author = commit.Author.Name, subject = Subject(commit.Message) }, Wire.Json);
        File.AppendAllText(Path.Combine(repository.Home, RepositoryLayout.History), line + "\n");
    }
}
