using Temper.Core.Errors;
using Temper.Core.Registry;
using Temper.Versioning.Repositories;

namespace Temper.Registry.Repositories;

/// <summary>What the dashboard shows of repositories.</summary>
public sealed class RepositoryPages
{
    private readonly RepositoryTable _table;
    private readonly RefTable _refs;
    private readonly RevisionQueries _revisions;

    internal RepositoryPages(RepositoryTable table, RefTable refs, RevisionQueries revisions) => (_table, _refs, _revisions) = (table, refs, revisions);

    /// <summary>Repositories by owner and name.</summary>
    public Task<Page<RepositoryInfo>> ListAsync(CancellationToken ct) => _table.ListAsync(null, 1000, ct);

    /// <summary>A repository with its references, and the newest commits of one of its branches; null when there is none of that name.</summary>
    /// <param name="ns">Its owner.</param>
    /// <param name="name">Its name.</param>
    /// <param name="branch">Short name of a branch; null: its default branch.</param>
    /// <param name="ct">Ends the work.</param>
    public async Task<RepositoryPage?> FindAsync(string ns, string name, string? branch, CancellationToken ct)
    {
        try
        {
            var repo = await _table.GetAsync(ns, name, ct);
            var refs = await _refs.ListAsync(repo.Id, "", ct);
            var shown = branch ?? repo.DefaultBranch;
            var commits = refs.FirstOrDefault(r => r.Name == RefName.Heads + shown) is { } tip ? (await _revisions.LogAsync(tip.Target, null, null, 50, ct)).Items : [];
            return new(repo.Info, refs, shown, commits);
        }
        catch (TemperException error) when (error.Code == "not_found")
        {
            return null;
        }
    }
}

/// <summary>A repository as its page shows it.</summary>
/// <param name="Info">Its name and kind.</param>
/// <param name="Refs">Branches and tags.</param>
/// <param name="Branch">The branch whose commits are listed.</param>
/// <param name="Commits">The newest ones, at most 50.</param>
public sealed record RepositoryPage(RepositoryInfo Info, IReadOnlyList<RefInfo> Refs, string Branch, IReadOnlyList<CommitInfo> Commits);
