using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Sync;

/// <summary>What must hold before a reference may move.</summary>
public static class Connectivity
{
    private const int AtOnce = 5_000;

    /// <summary>Finds the first object that <paramref name="target"/> needs and the store lacks; null when all are there.</summary>
    /// <param name="store">Where the objects should be.</param>
    /// <param name="target">A commit or tag.</param>
    /// <param name="known">Commits with everything behind them; the walk stops there.</param>
    /// <param name="shallow">Commits whose parents the store lacks by agreement.</param>
    /// <param name="ct">Ends the work.</param>
    public static async Task<string?> FindMissingAsync(IObjectStore store, Digest target, IReadOnlyCollection<Digest> known, IReadOnlyCollection<Digest> shallow, CancellationToken ct)
    {
        var chunks = new HashSet<Digest>();
        try
        {
            await foreach (var item in new GraphWalk(store, new([target], known) { Boundary = shallow }).ItemsAsync(ct))
            {
                if (item.Kind != ObjectKind.Recipe)
                    continue;
                chunks.UnionWith(RecipeCodec.Decode(item.Body.Span).Chunks.Select(c => c.Id));
                if (chunks.Count > AtOnce && await LackingAsync(store, chunks, ct) is { } lacking)
                    return lacking;
            }
            return await LackingAsync(store, chunks, ct);
        }
        catch (TemperException error) when (error.Code == "object_missing")
        {
            return error.Problems[0].Message;
        }
    }

    /// <summary>Whether everything of <paramref name="old"/> is behind <paramref name="next"/>, so that moving from one to the other loses nothing.</summary>
    public static async Task<bool> IsFastForwardAsync(IObjectStore store, Digest old, Digest next, IReadOnlyCollection<Digest> shallow, CancellationToken ct)
    {
        if (old == next)
            return true;
        if (await store.FindKindAsync(old, ct) != ObjectKind.Commit || await store.FindKindAsync(next, ct) != ObjectKind.Commit)
            return false;
        return (await new CommitRange(store, new([old], [next]) { Boundary = shallow }).ListAsync([old], ct)).Count == 0;
    }

    private static async Task<string?> LackingAsync(IObjectStore store, HashSet<Digest> chunks, CancellationToken ct)
    {
        var missing = await store.FindMissingAsync(chunks, ct);
        chunks.Clear();
        return missing.Count == 0 ? null : $"The chunk {missing.Min()} is not in the store.";
    }
}
