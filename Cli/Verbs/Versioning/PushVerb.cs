using System.CommandLine;
using Temper.Versioning.Repositories;
using Temper.Versioning.Sync;

namespace Temper.Cli.Verbs.Versioning;

internal static class PushVerb
{
    private const int Refused = 6;

    private static readonly Argument<string[]> Words = new("remote") { Description = "The remote, then what to push: NAME, SOURCE:TARGET or :TARGET", Arity = ArgumentArity.ZeroOrMore, HelpName = "REMOTE" };
    private static readonly Option<bool> Force = new("--force", "-f") { Description = "Commits of the remote may be lost" };
    private static readonly Option<string?> Lease = new("--force-with-lease") { Description = "As --force, but only from where the remote was last seen, or REF:COMMIT", Arity = ArgumentArity.ZeroOrOne, HelpName = "REF:COMMIT" };
    private static readonly Option<bool> Atomic = new("--atomic") { Description = "All references or none" };
    private static readonly Option<bool> Tags = new("--tags") { Description = "All tags, too" };
    private static readonly Option<bool> All = new("--all", "--branches") { Description = "All branches" };
    private static readonly Option<bool> Delete = new("--delete", "-d") { Description = "Delete what is named at the remote" };
    private static readonly Option<bool> Upstream = new("--set-upstream", "-u") { Description = "Let the branches follow the remote's" };
    private static readonly Option<bool> Create = new("--create") { Description = "Make the repository on the server when it is not there" };

    public static Command Build() => VersionVerb.Make("push", """
        Send commits to a remote, with everything that it lacks behind them.
        A push that was cut off sends only the rest when it is run again. Exits with 6 when the remote refuses.

        Examples:
          temper push -u origin main
          temper push origin main:trial --force-with-lease
          temper push origin --delete trial
          temper push --create --tags
        """, Words, Force, Lease, Atomic, Tags, All, Delete, Upstream, Create).Does(RunAsync);

    private static async Task<int> RunAsync(VersionSession session, CancellationToken ct)
    {
        var parsed = session.Parsed;
        var (words, lease) = (parsed.GetValue(Words) ?? [], parsed.GetValue(Lease));
        // `--force-with-lease origin` names the remote: a reference to watch is written behind an equals sign.
        if (lease is not null && !lease.Contains(':', StringComparison.Ordinal) && (new RemoteSettings(session.Repository).Url(lease) is not null || lease.Contains('/', StringComparison.Ordinal)))
            (words, lease) = ([lease, .. words], null);
        var name = await RemoteWork.NameAsync(session.Repository, words.FirstOrDefault(), ct);
        using var work = new RemoteWork("push", session);
        var refs = await new PushPlan(session, name)
        {
            Force = parsed.GetValue(Force),
            WithLease = parsed.GetResult(Lease) is not null,
            Lease = lease,
            Tags = parsed.GetValue(Tags),
            All = parsed.GetValue(All),
            Delete = parsed.GetValue(Delete),
        }.RefsAsync(words[Math.Min(1, words.Length)..], ct);
        await using var remote = await work.OpenAsync(session.Repository, name, ct);
        if (parsed.GetValue(Create) && remote is HttpRemote server)
            await server.EnsureAsync((await session.Repository.Refs.HeadAsync(ct)).ShortBranch ?? "main", ct);
        var pushed = await new Pusher(session.Repository, remote, work.Meter).RunAsync(refs, parsed.GetValue(Atomic), ct);
        await TrackAsync(session, name, pushed, ct);
        Show(session, remote.Address, pushed);
        if (pushed.All(p => p.Refused is null))
            return 0;
        if (pushed.Any(p => p.Refused is "fetch first" or "non-fast-forward"))
            session.Note("  hint: The remote has commits that are not here. `temper pull` brings them; then push again.");
        return Refused;
    }

    /// <summary>What the remote has now is known without asking.</summary>
    private static async Task TrackAsync(VersionSession session, string name, IReadOnlyList<PushedRef> pushed, CancellationToken ct)
    {
        var repository = session.Repository;
        var settings = new RemoteSettings(repository);
        var specs = settings.FetchSpecs(name);
        using var held = await repository.LockAsync(ct);
        foreach (var done in pushed.Where(p => p.Refused is null))
        {
            if (specs.Select(s => s.Map(done.Ref.Target)).FirstOrDefault(t => t is { Length: > 0 }) is { } tracked
                && await repository.Refs.FindAsync(tracked, ct) is var old && old != done.Ref.New)
                await repository.Refs.UpdateAsync([new(tracked, old, done.Ref.New)], "update by push", session.Mover(), ct);
            if (session.Parsed.GetValue(Upstream) && done.Ref is { New: not null, Source: { } source } && source.StartsWith(RefName.Heads, StringComparison.Ordinal))
                settings.Follow(RefName.Short(source), name, done.Ref.Target);
        }
    }

    private static void Show(VersionSession session, string address, IReadOnlyList<PushedRef> pushed)
    {
        if (session.Json)
        {
            session.Document(pushed.Select(p => new { source = p.Ref.Source, target = p.Ref.Target, old = p.Old, @new = p.Ref.New, refused = p.Refused, detail = p.Detail }));
            return;
        }
        if (pushed.All(p => p.Refused is null && p.Old == p.Ref.New))
        {
            session.Note("Everything up-to-date");
            return;
        }
        session.Note($"To {address}");
        foreach (var one in pushed)
        {
            session.Note(Line(one));
            if (one.Detail is not null)
                session.Note($"   {one.Detail}");
        }
    }

    private static string Line(PushedRef one)
    {
        var target = RefName.Short(one.Ref.Target);
        var names = $"{(one.Ref.Source is { } source ? RefName.Short(source) : one.Ref.New?.Short)} -> {target}";
        return one switch
        {
            { Refused: { } why } => $" ! [rejected]  {(one.Ref.New is null ? target : names)} ({why})",
            { Ref.New: null } => $" - [deleted]   {target}",
            { Old: null } => $" * [new {(one.Ref.Target.StartsWith(RefName.Tags, StringComparison.Ordinal) ? "tag" : "branch")}] {names}",
            _ when one.Old == one.Ref.New => $" = [up to date] {names}",
            _ => $"{(one.Ref.Force ? " +" : "  ")} {one.Old!.Value.Short}..{one.Ref.New!.Value.Short}  {names}",
        };
    }
}
