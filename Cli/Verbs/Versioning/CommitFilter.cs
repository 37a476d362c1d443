using Temper.Core.Ids;
using Temper.Versioning.History;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>References by what history they have.</summary>
internal sealed class CommitFilter
{
    private readonly CommitGraph _graph;
    private Digest? _contains, _merged, _notMerged;

    private CommitFilter(CommitGraph graph) => _graph = graph;

    public static async Task<CommitFilter> OfAsync(VersionSession session, string? contains, string? merged, string? notMerged, CancellationToken ct)
    {
        async Task<Digest?> FindAsync(string? text) => text is null ? null : await RevisionNames.CommitAsync(session.Repository, text, ct);
        return new(new(session.Repository.Objects)) { _contains = await FindAsync(contains), _merged = await FindAsync(merged), _notMerged = await FindAsync(notMerged) };
    }

    public async Task<bool> TakesAsync(Digest commit, CancellationToken ct) =>
        (_contains is not { } has || await MergeBases.IsAncestorAsync(_graph, has, commit, ct))
        && (_merged is not { } into || await MergeBases.IsAncestorAsync(_graph, commit, into, ct))
        && (_notMerged is not { } from || !await MergeBases.IsAncestorAsync(_graph, commit, from, ct));
}
