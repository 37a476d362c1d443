using System.Text;
using Temper.Core.Ids;
using Temper.Versioning.Merging;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Tests;

/// <summary>Merges of single texts and trees, and what must hold of all merges.</summary>
public sealed class TextMergeTests
{
    private static readonly CancellationToken Ct = CancellationToken.None;

    [Fact]
    public void Markers_stand_where_both_sides_changed_the_same_lines()
    {
        var (content, isClean) = TextMerge.Merge("a\nb\nc\n"u8.ToArray(), "a\nours\nc\n"u8.ToArray(), "a\ntheirs\nc"u8.ToArray(), new("HEAD", "topic"));
        Assert.False(isClean);
        Assert.Equal("a\n<<<<<<< HEAD\nours\nc\n=======\ntheirs\nc\n>>>>>>> topic\n", Encoding.UTF8.GetString(content));
    }

    [Fact]
    public async Task A_clean_merge_is_the_same_from_either_side_and_a_merge_with_the_base_changes_nothing()
    {
        var history = MergeHistory.Make(41, 20, binaries: true);
        await using var store = await TestStore.NewAsync();
        await store.ImportAsync(history);
        var trees = new List<Digest>();
        foreach (var version in history)
            trees.Add(await store.TreeAsync(version.Files));
        var random = new Random(41);
        var clean = 0;
        for (var i = 0; i < 150; i++)
        {
            var (from, ours, theirs) = (trees[random.Next(20)], trees[random.Next(20)], trees[random.Next(20)]);
            var one = await MergeAsync(store, from, ours, theirs);
            var other = await MergeAsync(store, from, theirs, ours);
            Assert.Equal(one.IsClean, other.IsClean);
            clean += one.IsClean ? 1 : 0;
            if (one.IsClean)
                Assert.Equal(one.Tree, other.Tree);
            Assert.Equal(theirs, (await MergeAsync(store, ours, ours, theirs)).Tree);
            Assert.Equal(ours, (await MergeAsync(store, theirs, ours, theirs)).Tree);
            Assert.Equal(ours, (await MergeAsync(store, from, ours, ours)).Tree);
        }
        Assert.InRange(clean, 10, 149);
    }

    [Fact]
    public async Task A_binary_conflict_keeps_ours_and_lays_theirs_beside_it()
    {
        await using var store = await TestStore.NewAsync();
        var (from, ours, theirs) = (await BinaryAsync(store, 1), await BinaryAsync(store, 2), await BinaryAsync(store, 3));
        var merged = await MergeAsync(store, from, ours, theirs);
        Assert.Equal(ours, merged.Tree);
        Assert.Equal(ConflictKind.Binary, Assert.Single(merged.Conflicts).Kind);
        var (path, entry) = Assert.Single(merged.Beside);
        Assert.Equal("m.bin.theirs", path.ToString());
        Assert.Equal(Digest.Of([0, 3]), entry.Id);
    }

    [Fact]
    public async Task Files_of_tensors_are_handed_to_who_can_merge_them()
    {
        await using var store = await TestStore.NewAsync();
        var files = new List<Digest>();
        foreach (var i in (byte[])[1, 2, 3])
            files.Add(await store.TreeAsync(new Dictionary<string, VersionFile> { ["m.safetensors"] = new([0, i]) }));
        MergeOptions Asking(bool knows) => new()
        {
            Tensors = async (_, file, batch, ct) => knows ? await batch.AddFileAsync(new MemoryStream([0, 9, (byte)file.Ours.Size]), new(), ct) : null,
        };
        var merged = await MergeAsync(store, files[0], files[1], files[2], Asking(knows: true));
        Assert.True(merged.IsClean);
        Assert.Equal([0, 9, 2], (await store.ReadAsync(merged.Tree))["m.safetensors"].Content);
        Assert.Equal(ConflictKind.Binary, Assert.Single((await MergeAsync(store, files[0], files[1], files[2], Asking(knows: false))).Conflicts).Kind);
    }

    private static Task<Digest> BinaryAsync(TestStore store, byte content) => store.TreeAsync(new Dictionary<string, VersionFile> { ["m.bin"] = new([0, content], EntryMode.File) });

    private static async Task<MergeResult> MergeAsync(TestStore store, Digest from, Digest ours, Digest theirs, MergeOptions? options = null)
    {
        await using var batch = store.Begin();
        var merged = await ThreeWayMerge.MergeAsync(store.Objects, batch, from, ours, theirs, options ?? new(), Ct);
        await store.SaveAsync(batch);
        return merged;
    }
}
