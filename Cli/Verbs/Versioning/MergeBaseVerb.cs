using System.CommandLine;
using Temper.Core.Ids;
using Temper.Versioning.History;

namespace Temper.Cli.Verbs.Versioning;

internal static class MergeBaseVerb
{
    private static readonly Argument<string[]> Commits = new("commit") { Description = "Commits", Arity = ArgumentArity.OneOrMore, HelpName = "COMMIT" };
    private static readonly Option<bool> All = new("--all", "-a") { Description = "All best common ancestors, not only one" };
    private static readonly Option<bool> IsAncestor = new("--is-ancestor") { Description = "Say by the exit code whether the first is an ancestor of the second: 0 yes, 1 no" };

    public static Command Build() => VersionVerb.Make("merge-base", """
        Show where histories meet: the best common ancestor of the first commit and of a merge of the others.
        Exits with 1 where they never met.

        Examples:
          temper merge-base main topic
          temper merge-base --all main topic
          temper merge-base --is-ancestor v1 HEAD
        """, Commits, All, IsAncestor).Does(RunAsync);

    private static async Task<int> RunAsync(VersionSession session, CancellationToken ct)
    {
        var commits = new List<Digest>();
        foreach (var name in session.Parsed.GetValue(Commits) ?? [])
            commits.Add(await Revisions.CommitAsync(session.Repository, name, ct));
        var graph = new CommitGraph(session.Repository.Objects);
        if (session.Parsed.GetValue(IsAncestor))
        {
            if (commits.Count != 2)
                throw new VersionExit(VersionVerb.Fatal, "usage", "--is-ancestor takes exactly two commits.");
            var isAncestor = await MergeBases.IsAncestorAsync(graph, commits[0], commits[1], ct);
            if (session.Json)
                session.Document(new { is_ancestor = isAncestor });
            return isAncestor ? 0 : VersionVerb.Negative;
        }
        if (commits.Count < 2)
            throw new VersionExit(129, "usage", "merge-base takes two commits or more.");
        var found = await MergeBases.FindAsync(graph, commits[0], commits[1..], ct);
        var shown = session.Parsed.GetValue(All) ? found : [.. found.Take(1)];
        if (session.Json)
            session.Document(shown);
        else
            foreach (var commit in shown)
                session.Out.WriteLine(commit.Hex);
        return found.Count > 0 ? 0 : VersionVerb.Negative;
    }
}
