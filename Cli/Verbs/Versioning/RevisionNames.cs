using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.History;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>Names of commits as verbs that change the work tree take them: a name that names nothing ends the verb with git's exit code.</summary>
internal static class RevisionNames
{
    /// <summary>The object that a text names; null when it names none.</summary>
    public static Task<Digest?> FindAsync(Repository repository, string text, CancellationToken ct) => Revisions.FindAsync(repository, text, ct);

    /// <summary>The commit that a text names, through tags; null when it names none.</summary>
    public static async Task<Digest?> FindCommitAsync(Repository repository, string text, CancellationToken ct)
    {
        try
        {
            return await Revisions.FindAsync(repository, text, ct) is { } id ? await Revisions.PeelAsync(repository.Objects, id, ObjectKind.Commit, text, ct) : null;
        }
        catch (TemperException error) when (error.Code == "revision_not_that")
        {
            return null;
        }
    }

    /// <summary>The tree that a text names, through tags and commits.</summary>
    /// <exception cref="TemperException">As <see cref="Revisions.TreeAsync"/>.</exception>
    public static Task<Digest> TreeAsync(Repository repository, string text, CancellationToken ct) => Revisions.TreeAsync(repository, text, ct);

    /// <summary>The commit that a text names.</summary>
    /// <exception cref="TemperException">As <see cref="Revisions.CommitAsync"/>.</exception>
    public static Task<Digest> CommitAsync(Repository repository, string text, CancellationToken ct) => Revisions.CommitAsync(repository, text, ct);

    /// <summary>The branch or commit that was checked out before, as <c>-</c> names it; null when there was none.</summary>
    public static Task<string?> PreviousAsync(Repository repository, CancellationToken ct) => PreviousAsync(repository, 1, ct);

    /// <summary>The one so many checkouts before, from 1.</summary>
    public static async Task<string?> PreviousAsync(Repository repository, int back, CancellationToken ct)
    {
        const string Moving = "checkout: moving from ";
        var move = (await repository.Refs.ReflogAsync("HEAD", 1000, ct)).Where(e => e.Reason.StartsWith(Moving, StringComparison.Ordinal)).Skip(back - 1).FirstOrDefault()?.Reason[Moving.Length..];
        return move?.IndexOf(" to ", StringComparison.Ordinal) is > 0 and var end ? move[..end] : null;
    }

    public static VersionExit Unknown(string text) => new(VersionVerb.Fatal, "revision_unknown", $"'{text}' names no commit.");
}
