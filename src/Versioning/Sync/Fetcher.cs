using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Care;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.Sync;

/// <summary>What to fetch.</summary>
public sealed record FetchOptions
{
    /// <summary>Which references; none: those that the remote's settings name.</summary>
    public IReadOnlyList<RefSpec> Specs { get; init; } = [];

    /// <summary>Whether tags come too.</summary>
    public bool Tags { get; init; } = true;

    /// <summary>Whether remote-tracking references go that the remote has no more.</summary>
    public bool Prune { get; init; }

    /// <summary>How many commits from each reference; null: all that are not here.</summary>
    public int? Depth { get; init; }

    /// <summary>Files with more bytes stay with the remote until they are needed; null: none.</summary>
    public long? LargestFile { get; init; }

    /// <summary>Which files' content comes, by path; null: all.</summary>
    public Func<string, bool>? Wanted { get; init; }
}

/// <summary>What became of one reference.</summary>
/// <param name="Remote">Full name there.</param>
/// <param name="Local">Full name here; empty: fetched without a reference.</param>
/// <param name="Old">Where it stood here; null: it is new.</param>
/// <param name="New">Where it stands; null: it was pruned.</param>
/// <param name="Refused">Why it did not move; null: it did, or stood there.</param>
public sealed record FetchedRef(string Remote, string Local, Digest? Old, Digest? New, string? Refused = null);

/// <summary>Brings references of a remote, with everything behind them, into a repository.</summary>
/// <param name="repository">Gets them.</param>
/// <param name="remote">Has them.</param>
/// <param name="meter">Counts bytes.</param>
public sealed class Fetcher(Repository repository, IRemote remote, TransferMeter meter)
{
    /// <summary>Fetches. Objects first, then references; a fetch that was cut off goes on when it is run again.</summary>
    /// <exception cref="TemperException">Those of <see cref="IRemote"/>; <c>revision_unknown</c> when the remote lacks a reference that was named.</exception>
    public async Task<IReadOnlyList<FetchedRef>> RunAsync(FetchOptions options, Signature who, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(options);
        // What is here already and nothing leads to must not be collected before the references lead to it.
        using var use = await ObjectUse.ShareAsync(repository.Home, repository.Clock, ct);
        var state = await remote.ReadAsync(ct);
        var plan = Plan(state, options);
        var local = (await repository.Refs.ListAsync("refs/", ct)).ToDictionary(r => r.Name, r => r.Target, StringComparer.Ordinal);
        await TakeAsync(options, plan, [.. local.Values.Distinct()], ct);
        var fetched = new List<FetchedRef>();
        foreach (var (name, target, spec) in plan)
            fetched.Add(await JudgeAsync(name, target, spec, local, ct));
        if (options.Prune)
            fetched.AddRange(Pruned(state, options, local));
        using var held = await repository.LockAsync(ct);
        await repository.Refs.UpdateAsync([.. fetched.Where(f => f.Local.Length > 0 && f.Refused is null && f.Old != f.New).Select(f => new RefUpdate(f.Local, f.Old, f.New))], $"fetch {remote.Address}", who, ct);
        return fetched;
    }

    private static List<(string Name, Digest Target, (string Local, bool Force) To)> Plan(RemoteState state, FetchOptions options)
    {
        var plan = new List<(string, Digest, (string, bool))>();
        foreach (var asked in options.Specs)
        {
            var spec = asked.Source == "HEAD" && state.DefaultBranch is { } branch ? asked with { Source = branch } : asked;
            var matches = state.Refs.Where(r => spec.Map(r.Key) is not null).ToList();
            // A branch goes before a tag of the same name.
            if (!spec.Source.Contains('*', StringComparison.Ordinal) && matches.Count == 0)
                throw new TemperException("revision_unknown", $"The remote has no reference '{spec.Source}'.");
            foreach (var match in spec.Source.Contains('*', StringComparison.Ordinal) ? matches : matches[..1])
                plan.Add((match.Key, match.Value, (spec.Map(match.Key)!, spec.Force)));
        }
        if (options.Tags && options.Depth is null)
            plan.AddRange(state.Refs.Where(r => r.Key.StartsWith(RefName.Tags, StringComparison.Ordinal)).Select(r => (r.Key, r.Value, (r.Key, false))));
        return [.. plan.DistinctBy(p => (p.Item1, p.Item3.Item1))];
    }

    private async Task TakeAsync(FetchOptions options, List<(string Name, Digest Target, (string Local, bool Force) To)> plan, IReadOnlyCollection<Digest> have, CancellationToken ct)
    {
        var here = have.ToHashSet();
        var want = plan.Select(p => p.Target).Where(target => !here.Contains(target) || options.Depth is not null).Distinct().ToList();
        if (want.Count == 0)
            return;
        if (options.Depth is not null || options.LargestFile is not null || options.Wanted is not null)
            repository.Objects.IsPartial = true;
        var shallow = ShallowFile.Read(repository);
        var query = new GraphQuery(want, options.Depth is null ? have : [])
        {
            Shallow = [.. shallow],
            Depth = options.Depth,
            LargestFile = options.LargestFile,
            Wanted = options.Wanted,
        };
        var cut = await new ObjectIntake(repository, remote, meter).TakeAsync(query, ct);
        if (!cut.SetEquals(shallow))
            ShallowFile.Write(repository, [.. cut]);
    }

    private async Task<FetchedRef> JudgeAsync(string name, Digest target, (string Local, bool Force) to, Dictionary<string, Digest> local, CancellationToken ct)
    {
        Digest? old = local.TryGetValue(to.Local, out var at) ? at : null;
        var fetched = new FetchedRef(name, to.Local, old, target);
        if (old is not { } before || before == target || to.Force)
            return fetched;
        if (to.Local.StartsWith(RefName.Tags, StringComparison.Ordinal))
            return fetched with { New = old, Refused = "would move an existing tag" };
        return await Connectivity.IsFastForwardAsync(repository.Objects, before, target, ShallowFile.Read(repository), ct)
            ? fetched : fetched with { New = old, Refused = "non-fast-forward" };
    }

    private static IEnumerable<FetchedRef> Pruned(RemoteState state, FetchOptions options, Dictionary<string, Digest> local)
    {
        var kept = options.Specs.SelectMany(spec => state.Refs.Select(r => spec.Map(r.Key))).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var folders = options.Specs.Where(s => s.Target?.EndsWith("/*", StringComparison.Ordinal) == true).Select(s => s.Target![..^1]).ToList();
        return local.Where(r => folders.Exists(f => r.Key.StartsWith(f, StringComparison.Ordinal)) && !kept.Contains(r.Key)).Select(r => new FetchedRef("", r.Key, r.Value, null));
    }
}
