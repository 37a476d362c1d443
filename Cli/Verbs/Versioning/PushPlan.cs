using Temper.Core.Ids;
using Temper.Versioning.Repositories;
using Temper.Versioning.Sync;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>Which references a push is about.</summary>
internal sealed class PushPlan(VersionSession session, string remote)
{
    private readonly RemoteSettings _settings = new(session.Repository);

    public bool Force { get; init; }

    public bool WithLease { get; init; }

    /// <summary><c>REF</c> or <c>REF:COMMIT</c>; null: what was last seen of each.</summary>
    public string? Lease { get; init; }

    public bool Tags { get; init; }

    public bool All { get; init; }

    public bool Delete { get; init; }

    private Repository Repository => session.Repository;

    public async Task<IReadOnlyList<PushRef>> RefsAsync(string[] specs, CancellationToken ct)
    {
        var refs = new List<PushRef>();
        foreach (var text in specs)
            refs.AddRange(await OfAsync(Delete ? new RefSpec("", text, false) : RefSpec.Parse(text), ct));
        if (All)
            refs.AddRange((await Repository.Refs.ListAsync(RefName.Heads, ct)).Select(r => new PushRef(r.Name, r.Target, Force, r.Name)));
        if (Tags)
            refs.AddRange((await Repository.Refs.ListAsync(RefName.Tags, ct)).Select(r => new PushRef(r.Name, r.Target, Force, r.Name)));
        if (specs.Length == 0 && !All && !Tags)
            refs.Add(await CurrentAsync(ct));
        var leased = new List<PushRef>();
        foreach (var one in refs.DistinctBy(r => r.Target))
            leased.Add(WithLease ? await LeasedAsync(one, ct) : one);
        return leased;
    }

    private async Task<PushRef> CurrentAsync(CancellationToken ct)
    {
        var head = await Repository.Refs.HeadAsync(ct);
        if (head.Branch is not { } branch)
            throw new VersionExit(VersionVerb.Fatal, "usage", "No branch is checked out. Name what to push.", "temper push REMOTE HEAD:BRANCH");
        if (head.Commit is not { } commit)
            throw new VersionExit(VersionVerb.Negative, "revision_unknown", $"The branch {head.ShortBranch} has no commit yet.");
        var target = _settings.Upstream(head.ShortBranch!) is var (follows, merge) && follows == remote ? merge : branch;
        return new(target, commit, Force, branch);
    }

    private async Task<IReadOnlyList<PushRef>> OfAsync(RefSpec spec, CancellationToken ct)
    {
        if (spec.Source.Contains('*', StringComparison.Ordinal))
            return [.. (await Repository.Refs.ListAsync("refs/", ct)).Where(r => spec.Map(r.Name) is not null)
                .Select(r => new PushRef(spec.Map(r.Name) is { Length: > 0 } to ? to : r.Name, r.Target, Force || spec.Force, r.Name))];
        var source = await SourceAsync(spec.Source, ct);
        if (spec.Source.Length == 0)
            return [new(await TargetAsync(spec.Target!, null, ct), null, Force)];
        var id = source is not null ? await Repository.Refs.FindAsync(source, ct) : await RevisionNames.FindCommitAsync(Repository, spec.Source, ct);
        return id is { } next
            ? [new(spec.Target is { } to ? await TargetAsync(to, source, ct) : source ?? throw NoTarget(spec.Source), next, Force || spec.Force, source)]
            : throw new VersionExit(VersionVerb.Negative, "revision_unknown", $"'{spec.Source}' names nothing that could be pushed.");
    }

    private async Task<string?> SourceAsync(string text, CancellationToken ct)
    {
        if (text is "HEAD" or "@")
            return (await Repository.Refs.HeadAsync(ct)).Branch;
        foreach (var prefix in (string[])["", RefName.Heads, RefName.Tags])
            if ((prefix + text).StartsWith("refs/", StringComparison.Ordinal) && await Repository.Refs.FindAsync(prefix + text, ct) is not null)
                return prefix + text;
        return null;
    }

    /// <summary>A short name means a tag where the source is one, or where only a tag was ever seen of that name; else a branch.</summary>
    private async Task<string> TargetAsync(string text, string? source, CancellationToken ct)
    {
        var full = text.StartsWith("refs/", StringComparison.Ordinal) ? text
            : source?.StartsWith(RefName.Tags, StringComparison.Ordinal) == true
                || source is null && await Repository.Refs.FindAsync(RefName.Tags + text, ct) is not null && await Repository.Refs.FindAsync(RefName.Heads + text, ct) is null
            ? RefName.Tags + text : RefName.Heads + text;
        return RefName.IsValid(full) ? full : throw new VersionExit(VersionVerb.Fatal, "ref_invalid", $"'{text}' cannot be the name of a reference.");
    }

    private async Task<PushRef> LeasedAsync(PushRef push, CancellationToken ct)
    {
        var parts = (Lease ?? "").Split(':');
        if (Lease is { Length: > 0 } && parts[0] != push.Target && RefName.Heads + parts[0] != push.Target)
            return push;
        Digest? expected = parts.Length > 1
            ? parts[1].Length == 0 ? null : await RevisionNames.CommitAsync(Repository, parts[1], ct)
            : _settings.FetchSpecs(remote).Select(s => s.Map(push.Target)).FirstOrDefault(t => t is { Length: > 0 }) is { } tracked ? await Repository.Refs.FindAsync(tracked, ct) : null;
        return push with { Force = true, HasLease = true, Expected = expected };
    }

    private static VersionExit NoTarget(string source) => new(VersionVerb.Fatal, "refspec_invalid", $"'{source}' is a commit without a name; say where it goes.", $"temper push REMOTE {source}:refs/heads/NAME");
}
