using System.CommandLine;
using Temper.Versioning.Repositories;
using Temper.Versioning.Sync;
using Temper.Versioning.WorkTrees;

namespace Temper.Cli.Verbs.Versioning;

internal static class FetchVerb
{
    private static readonly Argument<string[]> Words = new("remote") { Description = "The remote, then what to fetch: NAME or SOURCE:TARGET", Arity = ArgumentArity.ZeroOrMore, HelpName = "REMOTE" };
    private static readonly Option<bool> All = new("--all") { Description = "All remotes" };
    private static readonly Option<bool> Prune = new("--prune", "-p") { Description = "Forget branches that the remote has no more" };
    private static readonly Option<bool> NoTags = new("--no-tags") { Description = "No tags" };
    private static readonly Option<int?> Depth = new("--depth") { Description = "Only so many commits from each branch", HelpName = "N" };
    private static readonly Option<bool> Unshallow = new("--unshallow") { Description = "All commits that a clone with a depth left out" };

    public static Command Build() => VersionVerb.Make("fetch", """
        Bring branches and tags of a remote, with everything behind them. Files and local branches stay as they are.
        A fetch that was cut off goes on when it is run again.

        Examples:
          temper fetch
          temper fetch origin main
          temper fetch --prune --all
        """, Words, All, Prune, NoTags, Depth, Unshallow).Does(RunAsync);

    private static async Task<int> RunAsync(VersionSession session, CancellationToken ct)
    {
        var words = session.Parsed.GetValue(Words) ?? [];
        var names = session.Parsed.GetValue(All) ? new RemoteSettings(session.Repository).Names() : [await RemoteWork.NameAsync(session.Repository, words.FirstOrDefault(), ct)];
        var refused = false;
        foreach (var name in names)
            refused |= (await FetchAsync(session, name, [.. words.Skip(1).Select(RefSpec.Parse)], new()
            {
                Prune = session.Parsed.GetValue(Prune),
                Tags = !session.Parsed.GetValue(NoTags),
                Depth = session.Parsed.GetValue(Unshallow) ? int.MaxValue : session.Parsed.GetValue(Depth),
            }, ct)).Any(f => f.Refused is not null);
        return refused ? VersionVerb.Negative : 0;
    }

    /// <summary>Fetches from one remote and tells what moved.</summary>
    public static async Task<IReadOnlyList<FetchedRef>> FetchAsync(VersionSession session, string name, IReadOnlyList<RefSpec> specs, FetchOptions options, CancellationToken ct)
    {
        using var work = new RemoteWork("fetch", session);
        var settings = new RemoteSettings(session.Repository);
        var own = settings.FetchSpecs(name);
        await using var remote = await work.OpenAsync(session.Repository, name, ct);
        var sparse = SparsePaths.Of(session.Repository.Config);
        var fetched = await new Fetcher(session.Repository, remote, work.Meter).RunAsync(options with
        {
            Specs = specs.Count > 0 ? [.. specs.Select(s => Tracked(s, own))] : own.Count > 0 ? own : [RefSpec.Parse("HEAD")],
            LargestFile = settings.Promisor() == name && settings.Filter(name) is { } filter ? SizeFilter.Parse(filter) : null,
            Wanted = settings.Promisor() == name && sparse is not null ? sparse.Holds : null,
        }, session.Mover(), ct);
        Show(session, remote.Address, fetched);
        return fetched;
    }

    /// <summary>A branch that is named alone still moves its remote-tracking reference, as in git.</summary>
    private static RefSpec Tracked(RefSpec spec, IReadOnlyList<RefSpec> own) => spec.Target is not null ? spec
        : own.Select(o => o.Map(spec.Source.StartsWith("refs/", StringComparison.Ordinal) ? spec.Source : RefName.Heads + spec.Source)).FirstOrDefault(t => t is { Length: > 0 }) is { } target
            ? new(spec.Source, target, true) : spec;

    private static void Show(VersionSession session, string address, IReadOnlyList<FetchedRef> fetched)
    {
        if (session.Json)
        {
            session.Document(fetched.Select(f => new { remote = f.Remote, local = f.Local, old = f.Old, @new = f.New, refused = f.Refused }));
            return;
        }
        var moved = fetched.Where(f => f.Refused is not null || f.Old != f.New && f.Local.Length > 0).ToList();
        if (moved.Count > 0)
            session.Note($"From {address}");
        foreach (var one in moved)
            session.Note(Line(one));
    }

    private static string Line(FetchedRef one)
    {
        var names = $"{RefName.Short(one.Remote)} -> {RefName.Short(one.Local)}";
        return one switch
        {
            { Refused: { } why } => $" ! [rejected]  {names} ({why})",
            { New: null } => $" - [deleted]   {RefName.Short(one.Local)}",
            { Old: null } => one.Local.StartsWith(RefName.Tags, StringComparison.Ordinal) ? $" * [new tag]   {names}" : $" * [new branch] {names}",
            _ => $"   {one.Old!.Value.Short}..{one.New!.Value.Short}  {names}",
        };
    }
}
