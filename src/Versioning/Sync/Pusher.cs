using System.Runtime.CompilerServices;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.Sync;

/// <summary>One reference to push.</summary>
/// <param name="Target">Full name at the remote.</param>
/// <param name="New">Where it is to stand; null: it is deleted.</param>
/// <param name="Force">Whether it may lose commits.</param>
/// <param name="Source">Full name here, for people; null: a commit without a name.</param>
public sealed record PushRef(string Target, Digest? New, bool Force, string? Source = null)
{
    /// <summary>Where the remote's must stand; null: wherever it is seen.</summary>
    public Digest? Expected { get; init; }

    /// <summary>Whether <see cref="Expected"/> counts, also when it is null: then there must be none.</summary>
    public bool HasLease { get; init; }
}

/// <summary>What became of one reference.</summary>
/// <param name="Ref">What was asked.</param>
/// <param name="Old">Where it stood at the remote; null: there was none.</param>
/// <param name="Refused">Why it did not move; null: it did, or stood there.</param>
/// <param name="Detail">What the remote says of it, where there is more to say.</param>
public sealed record PushedRef(PushRef Ref, Digest? Old, string? Refused = null, string? Detail = null);

/// <summary>Sends references to a remote, with what it lacks behind them.</summary>
/// <param name="repository">Has them.</param>
/// <param name="remote">Gets them.</param>
/// <param name="meter">Counts bytes.</param>
public sealed class Pusher(Repository repository, IRemote remote, TransferMeter meter)
{
    /// <summary>Pushes. Objects first, then references by compare and swap; a push that was cut off sends only the rest when it is run again.</summary>
    /// <exception cref="TemperException">Those of <see cref="IRemote"/>.</exception>
    public async Task<IReadOnlyList<PushedRef>> RunAsync(IReadOnlyList<PushRef> refs, bool atomic, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(refs);
        var state = await remote.ReadAsync(ct);
        var results = new List<PushedRef>();
        foreach (var push in refs)
            results.Add(await JudgeAsync(push, state, ct));
        var open = results.Where(r => r.Refused is null && r.Old != r.Ref.New).ToList();
        if (open.Count == 0 || atomic && results.Exists(r => r.Refused is not null))
            return [.. results.Select(r => atomic && open.Count > 0 && r.Refused is null ? r with { Refused = "atomic push failed" } : r)];
        await SendAsync([.. open.Select(r => r.Ref.New).OfType<Digest>().Distinct()], state, ct);
        var outcomes = (await remote.UpdateRefsAsync([.. open.Select(r => new RefMove(r.Ref.Target, r.Old, r.Ref.New, r.Ref.Force))], atomic, ct))
            .ToDictionary(o => o.Name, StringComparer.Ordinal);
        return [.. results.Select(r => !open.Contains(r) ? r
            : outcomes.TryGetValue(r.Ref.Target, out var outcome) && outcome.Status != "ok" ? r with { Old = outcome.Current, Refused = Words(outcome.Status), Detail = RefRules.IsContent(outcome.Status.Replace('-', '_')) ? outcome.Detail : null }
            : outcomes.ContainsKey(r.Ref.Target) ? r : r with { Refused = "atomic push failed" })];
    }

    private async Task<PushedRef> JudgeAsync(PushRef push, RemoteState state, CancellationToken ct)
    {
        var old = state.Find(push.Target);
        if (push.HasLease && old != push.Expected)
            return new(push, old, "stale info");
        if (push.New is not { } next)
            return old is null ? new(push, old, "remote ref does not exist") : new(push, old);
        if (old is not { } before || before == next || push.Force)
            return new(push, old);
        if (!push.Target.StartsWith(RefName.Heads, StringComparison.Ordinal))
            return new(push, old, "already exists");
        if (await repository.Objects.FindKindAsync(before, ct) is null)
            return new(push, old, "fetch first");
        return await Connectivity.IsFastForwardAsync(repository.Objects, before, next, ShallowFile.Read(repository), ct) ? new(push, old) : new(push, old, "non-fast-forward");
    }

    private async Task SendAsync(IReadOnlyList<Digest> want, RemoteState state, CancellationToken ct)
    {
        if (want.Count == 0)
            return;
        meter.Begin("counting", null);
        var graph = new List<GraphItem>();
        var chunks = new Dictionary<Digest, long>();
        var query = new GraphQuery(want, [.. state.Refs.Select(r => r.Value).Distinct()]) { Boundary = [.. ShallowFile.Read(repository)] };
        await foreach (var item in new GraphWalk(repository.Objects, query).ItemsAsync(ct))
        {
            if (item.Kind == ObjectKind.Chunk)
                chunks.TryAdd(item.Id, item.Size);
            else
                graph.Add(item);
            if (item.Kind == ObjectKind.Recipe)
                foreach (var chunk in RecipeCodec.Decode(item.Body.Span).Chunks)
                    chunks.TryAdd(chunk.Id, chunk.Length);
        }
        var missing = await remote.FindMissingAsync([.. chunks.Keys, .. graph.Select(g => g.Id)], ct);
        meter.Begin("sending", chunks.Where(c => missing.Contains(c.Key)).Sum(c => c.Value) + graph.Sum(g => (long)g.Body.Length));
        await remote.SendAsync(ItemsAsync([.. chunks.Keys.Where(missing.Contains)], [.. graph.Where(g => missing.Contains(g.Id))], ct), ct);
        meter.End();
    }

    /// <summary>Chunks, then recipes, then what names them: a server can then check each pack for itself.</summary>
    private async IAsyncEnumerable<GraphItem> ItemsAsync(List<Digest> chunks, List<GraphItem> graph, [EnumeratorCancellation] CancellationToken ct)
    {
        foreach (var chunk in chunks)
            yield return new(ObjectKind.Chunk, chunk, await repository.Objects.FindBodyAsync(chunk, ObjectKind.Chunk, ct)
                ?? throw new TemperException("object_missing", $"The chunk {chunk} is not in the repository."));
        foreach (var item in graph)
            yield return item;
    }

    private static string Words(string status) => status switch
    {
        "stale-ref" => "fetch first",
        "checked-out" => "branch is currently checked out",
        "missing-objects" => "objects are missing at the remote",
        _ => status,
    };
}
