using Temper.Core.Errors;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.WorkTrees;

/// <summary>What a change of the work tree will do, and why it must not.</summary>
internal sealed class SwitchPlan
{
    /// <summary>Files to write, by path.</summary>
    public SortedDictionary<string, TreeEntry> Writes { get; } = new(GitOrder.Comparer);

    /// <summary>Files to remove, from the index as well.</summary>
    public SortedSet<string> Removes { get; } = new(GitOrder.Comparer);

    /// <summary>Tracked files whose changes would be lost.</summary>
    public SortedSet<string> Changed { get; } = new(GitOrder.Comparer);

    /// <summary>Untracked files that would be overwritten or removed.</summary>
    public SortedSet<string> Untracked { get; } = new(GitOrder.Comparer);

    /// <exception cref="TemperException">Code <c>worktree_changed</c>, a problem for each file.</exception>
    public void ThrowIfRefused()
    {
        var problems = Changed.Select(path => new Problem("worktree_changed", $"local changes to '{path}' would be overwritten") { File = path })
            .Concat(Untracked.Select(path => new Problem("worktree_changed", $"the untracked file '{path}' would be overwritten or removed") { File = path })).ToList();
        if (problems.Count == 0)
            return;
        problems[^1] = problems[^1] with { Hint = Changed.Count > 0 ? "Commit the changes first; -f throws them away." : "Move or remove it first." };
        throw new TemperException(problems);
    }
}
