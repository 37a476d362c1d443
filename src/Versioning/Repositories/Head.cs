using Temper.Core.Ids;

namespace Temper.Versioning.Repositories;

/// <summary>What is checked out.</summary>
/// <param name="Branch">Full name of the branch, <c>refs/heads/…</c>; null when a commit is checked out without one.</param>
/// <param name="Commit">The commit; null while the branch has none.</param>
public sealed record Head(string? Branch, Digest? Commit)
{
    /// <summary>Whether no branch would follow the next commit.</summary>
    public bool IsDetached => Branch is null;

    /// <summary>The branch as people write it, without <c>refs/heads/</c>; null when there is none.</summary>
    public string? ShortBranch => Branch is null ? null : RefName.Short(Branch);
}
