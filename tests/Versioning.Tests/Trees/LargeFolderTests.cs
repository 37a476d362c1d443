using System.Globalization;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Testing;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;
using Temper.Versioning.Trees;

namespace Temper.Versioning.Tests;

/// <summary>Folders of more entries than one tree object keeps.</summary>
public sealed class LargeFolderTests : IDisposable
{
    private static readonly CancellationToken Ct = CancellationToken.None;
    private readonly TempFolder _folder = new();
    private readonly PackFolder _store;

    public LargeFolderTests() => _store = new(_folder.Of("objects"), TimeProvider.System) { IsPartial = true };

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(30_000)]
    public async Task A_folder_of_any_size_comes_back_in_its_order(int count)
    {
        var entries = Entries(count);
        var tree = await AddAsync(entries);
        Assert.Equal(TreeCodec.Sorted(entries), await _store.ReadTreeAsync(tree, Ct));
        Assert.Equal(tree, await AddAsync([.. Enumerable.Reverse(entries)]));
        Assert.Equal(count > 4096, TreeNode.IsInner((await _store.FindBodyAsync(tree, ObjectKind.Tree, Ct))!));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Whatever_way_leads_to_a_folder_it_is_the_same(int seed)
    {
        var random = new Random(seed);
        var entries = Entries(3_000 + random.Next(12_000)).ToDictionary(e => e.Name);
        var tree = await AddAsync([.. entries.Values]);
        for (var round = 0; round < 6; round++)
        {
            var changes = new Dictionary<string, FolderChange>();
            for (var i = random.Next(1, round % 2 == 0 ? 4 : 3_000); i > 0; i--)
            {
                var name = Name(random.Next(20_000));
                changes[name] = random.Next(3) switch
                {
                    0 => new(name, null),
                    1 => new(name, new(EntryMode.Folder, name, Id(random.Next()), 5)),
                    _ => new(name, new(EntryMode.File, name, Id(random.Next()), random.Next(9))),
                };
            }
            foreach (var (name, change) in changes)
                if (change.Entry is null)
                    entries.Remove(name);
                else
                    entries[name] = change.Entry;
            var edited = await EditAsync(tree, [.. changes.Values]);
            Assert.Equal(await AddAsync([.. entries.Values]), edited.Id);
            Assert.Equal(entries.Values.Sum(e => e.Size), edited.Size);
            var (a, b) = await FolderNodes.DifferingAsync(_store, tree, edited.Id, Ct);
            Assert.Equal(Difference(await _store.ReadTreeAsync(tree, Ct), await _store.ReadTreeAsync(edited.Id, Ct)), Difference(a, b));
            tree = edited.Id;
        }
    }

    [Fact]
    public async Task Growing_from_nothing_and_shrinking_to_nothing_is_the_same_folder_on_the_way()
    {
        var entries = Entries(9_000);
        Digest? tree = null;
        for (var i = 0; i < entries.Count; i += 900)
            tree = (await EditAsync(tree, [.. entries.Skip(i).Take(900).Select(e => new FolderChange(e.Name, e))])).Id;
        Assert.Equal(await AddAsync(entries), tree);
        for (var i = 0; i < entries.Count; i += 1800)
            tree = (await EditAsync(tree, [.. entries.Skip(i).Take(1800).Select(e => new FolderChange(e.Name, null))])).Id;
        Assert.Equal(await AddAsync([]), tree);
    }

    [Fact]
    public async Task One_change_among_many_names_writes_the_nodes_on_its_way()
    {
        var entries = Entries(200_000);
        var tree = await AddAsync(entries);
        var before = Stored();
        var entry = entries[77_777] with { Id = Id(-1) };
        var after = (await EditAsync(tree, [new(entry.Name, entry)])).Id;
        Assert.InRange(Stored() - before, 1, 700_000);
        var (a, b) = await FolderNodes.DifferingAsync(_store, tree, after, Ct);
        Assert.InRange(a.Count, 1, 8192);
        Assert.Equal([(entries[77_777].Id, entry.Id)], a.Zip(b).Where(p => p.First != p.Second).Select(p => (p.First.Id, p.Second.Id)));
        var part = await FolderNodes.NewAsync(_store, after, [tree], Ct);
        Assert.InRange(part.Nodes.Count, 2, 4);
        Assert.Contains(entry, part.Entries);
        Assert.Contains(entries[77_777], part.Before);
        Assert.InRange(part.Before.Count, 1, 8192);
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData(".git")]
    public async Task A_name_that_no_path_may_have_does_not_get_into_a_large_folder(string name)
    {
        var tree = await AddAsync(Entries(6_000));
        var error = await Assert.ThrowsAsync<TemperException>(() => EditAsync(tree, [new(name, new(EntryMode.File, name, Id(1), 1))]));
        Assert.Equal("path_invalid", error.Code);
    }

    [Fact]
    public async Task A_new_folder_is_all_its_nodes()
    {
        var tree = await AddAsync(Entries(20_000));
        var part = await FolderNodes.NewAsync(_store, tree, [], Ct);
        Assert.Equal(20_000, part.Entries.Count);
        Assert.Equal(part.Nodes.Select(n => n.Id), part.Nodes.Select(n => ObjectIds.Of(ObjectKind.Tree, n.Body)));
        Assert.Equal(tree, part.Nodes[0].Id);
        var linked = part.Nodes.Where(n => TreeNode.IsInner(n.Body)).SelectMany(n => FolderNodes.Links(n.Body)).Select(l => l.Id);
        Assert.Equal(part.Nodes.Skip(1).Select(n => n.Id).Order(), linked.Order());
    }

    [Fact]
    public void The_shape_of_version_1_stays_as_it_is()
    {
        Digest? root = null;
        var written = 0;
        var entries = Enumerable.Range(0, 10_000).Select(i => new TreeEntry(EntryMode.File, Name(i), Digest.OfText(Name(i)), i)).ToList();
        root = new FolderBuilder((id, _) => (root, written) = (id, written + 1)).Write(entries).Id;
        Assert.Equal("075f32e16633ab13f7652ea8421651c951c00d0dea491facacb259028b440050 11", $"{root} {written}");
    }

    [Fact]
    public void An_altered_node_is_refused()
    {
        var body = TreeNode.Encode(1, [new("a", Id(1), 5, 10), new("b/", Id(2), 3, 0)]);
        Assert.Equal("6e6f6465203100" + "6100" + Id(1).Hex + "0000000000000005" + "000000000000000a" + "622f00" + Id(2).Hex + "0000000000000003" + "0000000000000000", Convert.ToHexStringLower(body));
        Assert.Equal(2, TreeNode.Decode(body).Children.Count);
        foreach (var broken in (byte[][])[body[..^1], body[..6], TreeNode.Encode(1, [new("b", Id(1), 5, 10), new("a", Id(2), 3, 0)]), TreeNode.Encode(1, [new("..", Id(1), 5, 10)]),
            TreeNode.Encode(0, [new("a", Id(1), 5, 10)]), TreeNode.Encode(1, [new("a", Id(1), 0, 10)]), TreeNode.Encode(1, [])])
            Assert.Equal("object_corrupt", Assert.Throws<TemperException>(() => TreeNode.Decode(broken)).Code);
    }

    [Fact]
    public async Task A_node_that_does_not_fit_its_children_is_refused()
    {
        var leaf = TreeCodec.Encode(Entries(3));
        var leafId = ObjectIds.Of(ObjectKind.Tree, leaf);
        var node = TreeNode.Encode(1, [new(Name(2), leafId, 4, Entries(3).Sum(e => e.Size)), new("z", Id(1), 1, 1)]);
        var id = ObjectIds.Of(ObjectKind.Tree, node);
        await using var batch = _store.BeginBatch();
        batch.AddBody(ObjectKind.Tree, leafId, leaf);
        batch.AddBody(ObjectKind.Tree, id, node);
        await batch.StoreAsync(Ct);
        Assert.Equal("object_corrupt", (await Assert.ThrowsAsync<TemperException>(() => _store.ReadTreeAsync(id, Ct).AsTask())).Code);
    }

    private static string Difference(IReadOnlyList<TreeEntry> a, IReadOnlyList<TreeEntry> b) =>
        string.Join('\n', a.Except(b).Select(e => $"- {e}").Concat(b.Except(a).Select(e => $"+ {e}")));

    private async Task<(Digest Id, long Size)> EditAsync(Digest? tree, FolderChange[] changes)
    {
        await using var batch = _store.BeginBatch();
        var edited = await FolderEditing.EditAsync(_store, batch, tree, changes, Ct);
        await batch.StoreAsync(Ct);
        return edited;
    }

    private async Task<Digest> AddAsync(IReadOnlyCollection<TreeEntry> entries)
    {
        await using var batch = _store.BeginBatch();
        var tree = batch.AddFolder(entries).Id;
        await batch.StoreAsync(Ct);
        return tree;
    }

    private long Stored() => Directory.GetFiles(_folder.Of("objects", "packs")).Sum(f => new FileInfo(f).Length);

    private static List<TreeEntry> Entries(int count) => [.. Enumerable.Range(0, count).Select(i => new TreeEntry(i % 7 == 3 ? EntryMode.Folder : EntryMode.File, Name(i), Id(i), i % 100))];

    private static string Name(int i) => string.Create(CultureInfo.InvariantCulture, $"file-{i * 7919L % 1_000_003}.txt");

    private static Digest Id(int i) => Digest.OfText(i.ToString(CultureInfo.InvariantCulture));
}
