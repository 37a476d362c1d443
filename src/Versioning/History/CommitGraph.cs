using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Content;

namespace Temper.Versioning.History;

/// <summary>
/// The commits of a store and what they follow, read once each. Not safe from two threads at once.
/// </summary>
/// <param name="store">Holds the commits.</param>
/// <param name="shallow">Commits whose parents were not fetched: walks take them for first ones. Null: none.</param>
public sealed class CommitGraph(IObjectStore store, IReadOnlySet<Digest>? shallow = null)
{
    private readonly Dictionary<Digest, CommitNode> _nodes = [];
    private readonly Dictionary<Digest, long> _generations = [];

    /// <summary>Holds the commits.</summary>
    public IObjectStore Store => store;

    /// <summary>One commit.</summary>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public async ValueTask<CommitNode> NodeAsync(Digest commit, CancellationToken ct)
    {
        if (_nodes.TryGetValue(commit, out var known))
            return known;
        var read = await store.ReadCommitAsync(commit, ct);
        var node = new CommitNode(commit, read.Tree, shallow?.Contains(commit) == true ? [] : Known(read.Parents), read.Committer.AtMs);
        _nodes.Add(commit, node);
        return node;
    }

    /// <summary>One more than the largest generation of its parents: a commit's ancestors all have smaller ones.</summary>
    /// <exception cref="TemperException">Code <c>object_missing</c>.</exception>
    public async ValueTask<long> GenerationAsync(Digest commit, CancellationToken ct)
    {
        if (_generations.TryGetValue(commit, out var known))
            return known;
        var row = await store.FindCommitAsync(commit, ct) ?? throw new TemperException("object_missing", $"The store has no commit {commit}.");
        _generations.Add(commit, row.Gen);
        return row.Gen;
    }

    /// <summary>A clone with a depth has not all parents: what it lacks counts for nothing.</summary>
    private IReadOnlyList<Digest> Known(IReadOnlyList<Digest> parents) => store is PackFolder { IsPartial: true } partial ? [.. parents.Where(partial.HasCommit)] : parents;

    /// <summary>Lets a commit take part that no store has: the merge of several merge bases.</summary>
    internal async Task AddVirtualAsync(CommitNode node, CancellationToken ct)
    {
        long generation = 0;
        foreach (var parent in node.Parents)
            generation = Math.Max(generation, await GenerationAsync(parent, ct));
        _nodes[node.Id] = node;
        _generations[node.Id] = generation + 1;
    }
}
