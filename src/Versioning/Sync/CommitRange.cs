using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Sync;

/// <summary>A commit of a range, and which of its parents the receiver has or will have.</summary>
internal sealed record RangeCommit(Digest Id, Commit Commit, IReadOnlyList<Digest> Parents, bool Cut);

/// <summary>
/// Commits that can be reached from some and not from others. Visits them from the highest generation down, so that history behind what both sides
/// have is not walked.
/// </summary>
internal sealed class CommitRange(IObjectStore store, GraphQuery query)
{
    private readonly Dictionary<Digest, (Commit Commit, bool Known)> _seen = [];
    private readonly PriorityQueue<Digest, long> _queue = new();
    private readonly HashSet<Digest> _shallow = [.. query.Shallow], _boundary = [.. query.Boundary];
    private int _wanted;

    /// <summary>Lists the range, parents before children.</summary>
    /// <param name="tips">Commits to begin at.</param>
    /// <param name="ct">Ends the work.</param>
    /// <exception cref="TemperException">Code <c>object_missing</c>: a commit that is reached is not in the store.</exception>
    public async Task<IReadOnlyList<RangeCommit>> ListAsync(IReadOnlyCollection<Digest> tips, CancellationToken ct)
    {
        foreach (var have in query.Have)
            await ReachAsync(have, known: true, mayLack: true, ct);
        foreach (var tip in tips)
            await ReachAsync(tip, known: false, mayLack: false, ct);
        var order = new List<Digest>();
        while (_wanted > 0 && _queue.TryDequeue(out var id, out _))
        {
            var (commit, known) = _seen[id];
            if (!known)
            {
                order.Add(id);
                _wanted--;
            }
            // What lies behind a commit that the receiver has without its parents is not known to it.
            if (_boundary.Contains(id) || known && _shallow.Contains(id))
                continue;
            foreach (var parent in commit.Parents)
                await ReachAsync(parent, known, mayLack: known, ct);
        }
        var within = query.Depth is { } depth ? Within(tips, depth) : null;
        order.RemoveAll(id => _seen[id].Known || within?.Contains(id) == false);
        order.Reverse();
        return Describe(order);
    }

    private async ValueTask ReachAsync(Digest id, bool known, bool mayLack, CancellationToken ct)
    {
        if (_seen.TryGetValue(id, out var seen))
        {
            if (known && !seen.Known)
            {
                // It is still in the queue: what it is behind has a higher generation.
                _seen[id] = (seen.Commit, true);
                _wanted--;
            }
            return;
        }
        if (await store.FindCommitAsync(id, ct) is not { } row)
        {
            if (mayLack)
                return;
            throw new TemperException("object_missing", $"The commit {id} is not in the store.");
        }
        _seen[id] = (await store.ReadCommitAsync(id, ct), known);
        _queue.Enqueue(id, -row.Gen);
        if (!known)
            _wanted++;
    }

    private HashSet<Digest> Within(IReadOnlyCollection<Digest> tips, int depth)
    {
        var (within, level) = (new HashSet<Digest>(), tips.Where(_seen.ContainsKey).ToList());
        for (var step = 0; step < depth && level.Count > 0; step++)
        {
            within.UnionWith(level);
            level = [.. level.SelectMany(id => _seen[id].Commit.Parents).Where(id => _seen.ContainsKey(id) && !within.Contains(id)).Distinct()];
        }
        return within;
    }

    private List<RangeCommit> Describe(List<Digest> order)
    {
        var sent = order.ToHashSet();
        return [.. order.Select(id =>
        {
            var commit = _seen[id].Commit;
            var there = commit.Parents.Where(p => sent.Contains(p) || _seen.TryGetValue(p, out var seen) && seen.Known).ToList();
            return new RangeCommit(id, commit, there, there.Count < commit.Parents.Count);
        })];
    }
}
