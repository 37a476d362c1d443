using Temper.Core.Ids;
using Temper.Versioning.History;

namespace Temper.Versioning.Tests;

/// <summary>Histories walked by us and by git: the same commits in the same order.</summary>
public sealed class CommitWalkTests
{
    private static readonly CancellationToken Ct = CancellationToken.None;

    [Theory]
    [InlineData(1, 60)]
    [InlineData(2, 60)]
    [InlineData(3, 45)]
    [InlineData(4, 30)]
    public async Task A_walk_shows_what_git_shows_in_its_order(int seed, int commits)
    {
        await using var peers = await Peers.NewAsync(seed, commits);
        var random = new Random(seed);
        for (var i = 0; i < 12; i++)
        {
            var (from, without, other) = (random.Next(commits / 2, commits), random.Next(commits), random.Next(commits));
            var all = new WalkOptions { Include = [peers.Ours[from], peers.Ours[other]], Exclude = [peers.Ours[without]] };
            string[] range = [peers.Gits[from], peers.Gits[other], "^" + peers.Gits[without]];
            await peers.CompareAsync(all, range);
            await peers.CompareAsync(all with { Order = WalkOrder.Topological, Exclude = [] }, ["--topo-order", .. range[..2]]);
            await peers.CompareAsync(all with { Order = WalkOrder.TopologicalDate }, ["--date-order", .. range]);
            await peers.CompareAsync(all with { Reverse = true, Most = 7, Skip = 2, Exclude = [] }, ["--reverse", "-n7", "--skip=2", .. range[..2]]);
            await peers.CompareAsync(all with { FirstParent = true, Exclude = [] }, ["--first-parent", .. range[..2]]);
            await peers.CompareAsync(all with { MinParents = 2 }, ["--merges", .. range]);
        }
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public async Task The_history_of_a_path_is_simplified_as_git_simplifies_it(int seed)
    {
        await using var peers = await Peers.NewAsync(seed, 50);
        string[] paths = ["a", "b/x", "c/y", "b", "a/z", "*/x"];
        foreach (var path in paths)
        {
            var walk = new WalkOptions { Include = [peers.Ours[^1]], Paths = PathFilter.Of([path]) };
            await peers.CompareAsync(walk, [peers.Gits[^1], "--", path]);
            await peers.CompareAsync(walk with { Order = WalkOrder.Topological }, ["--topo-order", peers.Gits[^1], "--", path]);
            await peers.CompareAsync(walk with { FirstParent = true }, ["--first-parent", peers.Gits[^1], "--", path]);
        }
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    public async Task Merge_bases_are_those_of_git(int seed)
    {
        await using var peers = await Peers.NewAsync(seed, 60);
        var random = new Random(seed);
        for (var i = 0; i < 25; i++)
        {
            var (a, b, c) = (random.Next(60), random.Next(60), random.Next(60));
            Assert.Equal(Sorted(peers.Git.Try("merge-base", "--all", peers.Gits[a], peers.Gits[b]).Output, peers),
                (await MergeBases.FindAsync(peers.Graph, peers.Ours[a], peers.Ours[b], Ct)).Select(peers.Place));
            Assert.Equal(Sorted(peers.Git.Try("merge-base", "--all", peers.Gits[a], peers.Gits[b], peers.Gits[c]).Output, peers),
                (await MergeBases.FindAsync(peers.Graph, peers.Ours[a], [peers.Ours[b], peers.Ours[c]], Ct)).Select(peers.Place));
            Assert.Equal(peers.Git.Try("merge-base", "--is-ancestor", peers.Gits[a], peers.Gits[b]).Exit == 0,
                await MergeBases.IsAncestorAsync(peers.Graph, peers.Ours[a], peers.Ours[b], Ct));
        }
    }

    [Fact]
    public async Task A_history_that_was_cut_off_ends_there()
    {
        await using var store = await TestStore.NewAsync();
        var ids = await store.ImportAsync([.. Enumerable.Range(0, 5).Select(i => new Version(i == 0 ? [] : [i - 1], new Dictionary<string, VersionFile>(), i * 1000, ""))]);
        var graph = new CommitGraph(store.Objects, new HashSet<Digest> { ids[2] });
        Assert.Equal([ids[4], ids[3], ids[2]], (await CommitWalk.RunAsync(graph, new() { Include = [ids[4]] }, Ct).ToListAsync(Ct)).Select(c => c.Id));
    }

    private static IEnumerable<int> Sorted(string ids, Peers peers) => ids.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(id => Array.IndexOf(peers.Gits, id));

    private sealed class Peers : IAsyncDisposable
    {
        public GitPeer Git { get; } = new();
        public required TestStore Store { get; init; }
        public string[] Gits { get; private set; } = [];
        public Digest[] Ours { get; private set; } = [];
        public required CommitGraph Graph { get; init; }

        public static async Task<Peers> NewAsync(int seed, int commits)
        {
            var history = RandomHistory.Make(seed, commits);
            var store = await TestStore.NewAsync();
            var peers = new Peers { Store = store, Graph = new(store.Objects) };
            peers.Gits = peers.Git.Import(history);
            peers.Ours = await store.ImportAsync(history);
            return peers;
        }

        public int Place(Digest id) => Array.IndexOf(Ours, id);

        public async Task CompareAsync(WalkOptions options, string[] arguments)
        {
            var theirs = Git.Lines(["rev-list", .. arguments]).Select(id => Array.IndexOf(Gits, id));
            var ours = await CommitWalk.RunAsync(Graph, options, Ct).Select(c => Place(c.Id)).ToListAsync(Ct);
            Assert.True(theirs.SequenceEqual(ours), $"{string.Join(' ', arguments.Select(Shown))}: git {string.Join(',', theirs)}, ours {string.Join(',', ours)}");
        }

        public async ValueTask DisposeAsync()
        {
            Git.Dispose();
            await Store.DisposeAsync();
        }

        private string Shown(string argument) => Array.IndexOf(Gits, argument.TrimStart('^')) is >= 0 and var place ? $"{(argument[0] == '^' ? "^" : "")}{place}" : argument;
    }
}
