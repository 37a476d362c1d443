using System.CommandLine;
using Temper.Versioning.Repositories;

namespace Temper.Cli.Verbs.Versioning;

internal static class LsRemoteVerb
{
    private static readonly Argument<string?> Name = new("remote") { Description = "Name or address [default: what the branch follows]", Arity = ArgumentArity.ZeroOrOne, HelpName = "REMOTE" };
    private static readonly Option<bool> Heads = new("--heads", "--branches") { Description = "Only branches" };
    private static readonly Option<bool> Tags = new("--tags") { Description = "Only tags" };

    public static Command Build() => VersionVerb.Make("ls-remote", """
        List the references of a remote.

        Examples:
          temper ls-remote
          temper ls-remote http://127.0.0.1:5080/team/model
        """, Name, Heads, Tags).Does(RunAsync);

    private static async Task<int> RunAsync(VersionSession session, CancellationToken ct)
    {
        using var work = new RemoteWork("ls-remote", session);
        await using var remote = await work.OpenAsync(session.Repository, await RemoteWork.NameAsync(session.Repository, session.Parsed.GetValue(Name), ct), ct);
        var state = await remote.ReadAsync(ct);
        var (heads, tags) = (session.Parsed.GetValue(Heads), session.Parsed.GetValue(Tags));
        var refs = state.Refs.Where(r => !heads && !tags || heads && r.Key.StartsWith(RefName.Heads, StringComparison.Ordinal) || tags && r.Key.StartsWith(RefName.Tags, StringComparison.Ordinal)).ToList();
        if (session.Json)
        {
            session.Document(refs.Select(r => new { name = r.Key, target = r.Value }));
            return 0;
        }
        if (!heads && !tags && state.DefaultBranch is { } branch && state.Find(branch) is { } head)
            session.Out.WriteLine($"{head}\tHEAD");
        foreach (var (name, target) in refs)
            session.Out.WriteLine($"{target}\t{name}");
        return 0;
    }
}
