using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.History;
using Temper.Versioning.Merging;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Tests;

/// <summary>Merges made by us and by git: the same files, the same conflicts, the same bytes between markers, the same words.</summary>
public sealed class MergeTests
{
    private static readonly CancellationToken Ct = CancellationToken.None;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Random_merges_are_those_of_git_criss_cross_ones_too(int seed) => await CompareAsync(seed, 30, 20, false, MergeFavor.None);

    [Fact]
    public async Task Random_merges_of_texts_and_binaries_are_those_of_git() => await CompareAsync(5, 12, 20, binaries: true, MergeFavor.None);

    [Theory]
    [InlineData(MergeFavor.Ours)]
    [InlineData(MergeFavor.Theirs)]
    public async Task A_favoured_side_wins_as_with_git(MergeFavor favor) => await CompareAsync(6 + (int)favor, 14, 15, binaries: true, favor);

    [Fact]
    public async Task Folders_of_many_names_are_merged_as_with_git()
    {
        var before = Enumerable.Range(0, 5_000).ToDictionary(i => $"f{i:D4}", i => (VersionFile)$"one\ntwo\nthree {i}\n");
        var ours = new Dictionary<string, VersionFile>(before) { ["f0010"] = "ours\n", ["new-ours"] = "ours\n", ["f0030"] = "both, ours\n", ["f0050"] = "kept\n" };
        var theirs = new Dictionary<string, VersionFile>(before) { ["f0011"] = "theirs\n", ["new-theirs"] = "theirs\n", ["f0030"] = "both, theirs\n", ["d/x"] = "theirs\n" };
        foreach (var (name, side) in new[] { ("f0020", ours), ("f0021", theirs), ("f0040", ours), ("f0040", theirs), ("f0050", theirs) })
            side.Remove(name);
        // The second pair has a name that is a file here and a folder there.
        var mixed = new Dictionary<string, VersionFile>(theirs) { ["new-ours/x"] = "theirs\n" };
        Version[] history = [new([], before, 1_000, "base\n"), new([0], ours, 2_000, "ours\n"), new([0], theirs, 3_000, "theirs\n"), new([0], mixed, 4_000, "mixed\n")];
        await CompareAsync(history, [(1, 2), (2, 1), (1, 3), (3, 1)], "large folders", false, MergeFavor.None);
    }

    private static async Task CompareAsync(int seed, int commits, int merges, bool binaries, MergeFavor favor)
    {
        var random = new Random(seed);
        await CompareAsync(MergeHistory.Make(seed, commits, binaries), [.. Enumerable.Range(0, merges).Select(_ => (random.Next(commits), random.Next(commits)))], $"{seed}", binaries, favor);
    }

    private static async Task CompareAsync(IReadOnlyList<Version> history, IReadOnlyList<(int A, int B)> merges, string name, bool binaries, MergeFavor favor)
    {
        await using var store = await TestStore.NewAsync();
        using var git = new GitPeer();
        git.Import(history);
        var ids = await store.ImportAsync(history);
        var graph = new CommitGraph(store.Objects);
        foreach (var (a, b) in merges)
        {
            if (binaries && (await MergeBases.FindAsync(graph, ids[a], ids[b], Ct)).Count > 1)
                continue;
            var theirs = GitMerge.Of(git, a, b, favor == MergeFavor.None ? [] : ["-X", favor == MergeFavor.Ours ? "ours" : "theirs"]);
            await using var batch = store.Begin();
            var options = new MergeOptions { TheirsLabel = $"c{b}", Favor = favor };
            var ours = await ThreeWayMerge.MergeCommitsAsync(graph, batch, ids[a], ids[b], options, Ct);
            await store.SaveAsync(batch);
            var what = $"c{a} c{b} of {name}, files";
            AssertSame(theirs.Files, await FilesAsync(store, ours.Tree), what);
            AssertSame(theirs.Stages, await StagesAsync(store, ours), what + ", stages");
            AssertSame(theirs.Messages, ours.Messages, what + ", messages");
            Assert.Equal(theirs.IsClean, ours.IsClean);
        }
    }

    private static void AssertSame(IReadOnlyList<string> git, IReadOnlyList<string> ours, string what) =>
        Assert.True(git.SequenceEqual(ours), $"{what}\ngit alone:\n{string.Join('\n', git.Except(ours))}\nours alone:\n{string.Join('\n', ours.Except(git))}");

    private static async Task<List<string>> StagesAsync(TestStore store, MergeResult merged)
    {
        var stages = new List<string>();
        foreach (var conflict in merged.Conflicts)
            foreach (var (stage, entry) in new[] { (1, conflict.Base), (2, conflict.Ours), (3, conflict.Theirs) })
                if (entry is not null)
                    stages.Add($"{await ShownAsync(store, entry)} {stage}\t{conflict.Path}");
        return stages;
    }

    private static async Task<List<string>> FilesAsync(TestStore store, Digest tree)
    {
        var files = new List<string>();
        await foreach (var file in TreeDiff.CompareAsync(store.Objects, null, tree, Ct))
            files.Add($"{await ShownAsync(store, file.New!)}\t{file.Path}");
        return files;
    }

    /// <summary>Mode and the id that git gives the content.</summary>
    private static async Task<string> ShownAsync(TestStore store, TreeEntry entry)
    {
        using var content = new MemoryStream();
        await using (var stream = await store.Objects.OpenFileAsync(entry.Id, 0, null, Ct))
            await stream.CopyToAsync(content, Ct);
        return $"{Convert.ToString((int)entry.Mode, 8)} {GitMerge.IdOf(content.ToArray())}";
    }
}
