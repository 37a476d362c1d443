using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.History;

/// <summary>
/// Objects by what people write, in git's syntax: <c>HEAD</c>, <c>@</c>, names of references, ids and their beginnings of 4 digits and more,
/// <c>REV^N</c>, <c>REV~N</c>, <c>REV^{commit}</c>, <c>REV:PATH</c>, <c>:PATH</c> and <c>:N:PATH</c> of the index, <c>REF@{N}</c>, <c>@{-N}</c>,
/// <c>BRANCH@{upstream}</c>, <c>:/TEXT</c>.
/// </summary>
public static class Revisions
{
    /// <summary>The object that a text names.</summary>
    /// <exception cref="TemperException">Codes <c>revision_unknown</c>, <c>revision_ambiguous</c>, <c>revision_not_that</c>, <c>reflog_too_short</c>.</exception>
    public static async Task<Digest> ResolveAsync(Repository repository, string text, CancellationToken ct) => (await EntryAsync(repository, text, ct)).Id;

    /// <summary>As <see cref="ResolveAsync"/>, but null where the text names nothing.</summary>
    /// <exception cref="TemperException">Code <c>revision_ambiguous</c>.</exception>
    public static async Task<Digest?> FindAsync(Repository repository, string text, CancellationToken ct)
    {
        try
        {
            return await ResolveAsync(repository, text, ct);
        }
        catch (TemperException error) when (error.Code is "revision_unknown" or "revision_not_that" or "reflog_too_short" or "object_missing" or "path_invalid")
        {
            return null;
        }
    }

    /// <summary>The commit that a text names, by itself or by a tag.</summary>
    /// <exception cref="TemperException">As <see cref="ResolveAsync"/>.</exception>
    public static async Task<Digest> CommitAsync(Repository repository, string text, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(repository);
        var id = await new RevisionReader(repository, text).ReadAsync(isCommitWanted: true, ct);
        return await PeelAsync(repository.Objects, id.Id, ObjectKind.Commit, text, ct);
    }

    /// <summary>The tree that a text names, by itself, by a commit or by a tag.</summary>
    /// <exception cref="TemperException">As <see cref="ResolveAsync"/>.</exception>
    public static async Task<Digest> TreeAsync(Repository repository, string text, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(repository);
        return await PeelAsync(repository.Objects, await ResolveAsync(repository, text, ct), ObjectKind.Tree, text, ct);
    }

    /// <summary>The object that a text names as an entry: mode and name are those of its path, where it has one; else a file's.</summary>
    /// <exception cref="TemperException">As <see cref="ResolveAsync"/>.</exception>
    public static Task<TreeEntry> EntryAsync(Repository repository, string text, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(repository);
        ArgumentNullException.ThrowIfNull(text);
        return new RevisionReader(repository, text).ReadAsync(isCommitWanted: false, ct);
    }

    /// <summary>The full name of the reference that a short one stands for: as it is, then as a tag, a branch, a remote's branch; null when there is none.</summary>
    public static async Task<string?> FullNameAsync(Repository repository, string name, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(repository);
        if (name is "HEAD" or "@")
            return "HEAD";
        foreach (var rule in (string[])["", "refs/", RefName.Tags, RefName.Heads, RefName.Remotes])
            if (RefName.IsValid(rule + name) && await repository.Refs.FindAsync(rule + name, ct) is not null)
                return rule + name;
        var remoteHead = $"{RefName.Remotes}{name}/HEAD";
        return RefName.IsValid(remoteHead) && await repository.Refs.FindAsync(remoteHead, ct) is not null ? remoteHead : null;
    }

    /// <summary>Follows tags, and from a commit to its tree, until an object of the wanted kind is met.</summary>
    /// <exception cref="TemperException">Code <c>revision_not_that</c>.</exception>
    public static async Task<Digest> PeelAsync(IObjectStore store, Digest id, ObjectKind wanted, string text, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(store);
        for (var at = id; ;)
        {
            var kind = await store.FindKindAsync(at, ct) ?? throw new TemperException("object_missing", $"'{text}' names {at}, which the store does not have.");
            if (kind == wanted)
                return at;
            if (kind == ObjectKind.Tag)
                at = (await store.ReadTagAsync(at, ct)).Target;
            else if (kind == ObjectKind.Commit && wanted == ObjectKind.Tree)
                at = (await store.ReadCommitAsync(at, ct)).Tree;
            else
                throw new TemperException("revision_not_that", $"'{text}' names a {Word(kind)}; a {Word(wanted)} is wanted.");
        }
    }

    /// <summary>The kind as git calls it.</summary>
    public static string Word(ObjectKind kind) => kind == ObjectKind.Chunk ? "blob" : ObjectIds.Word(kind);
}
