using System.Text;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Testing;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Tests;

/// <summary>What every store of objects does, wherever it keeps them.</summary>
public abstract class ObjectStoreContract : IAsyncLifetime
{
    protected static readonly CancellationToken Ct = CancellationToken.None;
    protected static readonly Signature Someone = new("Some One", "one@example.org", 1_700_000_000_123, 60);

    protected TempFolder Folder { get; } = new();

    protected IObjectStore Store { get; private set; } = null!;

    protected abstract Task<IObjectStore> OpenAsync(TempFolder folder);

    /// <summary>Files whose bytes are the stored objects.</summary>
    protected abstract IEnumerable<string> PackFiles();

    /// <summary>Makes a batch durable and known.</summary>
    protected virtual Task KeepAsync(IObjectBatch batch) => batch.StoreAsync(Ct);

    protected virtual Task CloseAsync() => Task.CompletedTask;

    public async Task InitializeAsync() => Store = await OpenAsync(Folder);

    public async Task DisposeAsync()
    {
        await CloseAsync();
        Folder.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(524_288)]
    [InlineData(524_289)]
    [InlineData(1_700_000)]
    public async Task A_file_comes_back_as_it_was(int size)
    {
        var content = Random(size);
        var file = await AddAsync(content);
        Assert.Equal((Digest.Of(content), size), (file.Id, file.Size));
        Assert.Equal(content, await ReadAsync(file.Id));
        Assert.Equal(ObjectKind.Chunk, await Store.FindKindAsync(file.Id, Ct));
        var recipe = (await Store.FindRecipeAsync(file.Id, Ct))!;
        Assert.Equal((file.Id, size, size), (recipe.File, recipe.Size, recipe.Chunks.Sum(c => c.Length)));
        foreach (var chunk in recipe.Chunks)
            Assert.True(await Store.HasChunkAsync(chunk.Id, Ct));
    }

    [Theory]
    [InlineData(0, 10L)]
    [InlineData(524_280, 20L)]
    [InlineData(524_288, 524_288L)]
    [InlineData(1_000_000, null)]
    [InlineData(1_299_999, 50L)]
    [InlineData(1_300_000, null)]
    [InlineData(2_000_000, 1L)]
    [InlineData(100, 0L)]
    public async Task A_range_is_read_across_chunks_and_cut_at_the_end(long offset, long? length)
    {
        var content = Random(1_300_000);
        var file = await AddAsync(content);
        await using var stream = await Store.OpenFileAsync(file.Id, offset, length, Ct);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy, Ct);
        Assert.Equal(content.Skip((int)offset).Take((int)(length ?? int.MaxValue)), copy.ToArray());
    }

    [Fact]
    public async Task Folders_commits_and_tags_come_back_as_they_were()
    {
        var (commit, tree, file) = await CommitAsync("hello"u8.ToArray());
        Assert.Equal(file, (await Store.ReadTreeAsync(tree, Ct)).Single());
        Assert.Equal(tree, (await Store.ReadCommitAsync(commit, Ct)).Tree);
        Assert.Equal((ObjectKind?)ObjectKind.Commit, await Store.FindKindAsync(commit, Ct));
        Assert.Equal((ObjectKind?)ObjectKind.Tree, await Store.FindKindAsync(tree, Ct));
        await using var batch = Store.BeginBatch();
        var tag = batch.AddTag(new(commit, ObjectKind.Commit, "v1", Someone, "First"));
        await KeepAsync(batch);
        Assert.Equal("First", (await Store.ReadTagAsync(tag, Ct)).Message);
        Assert.Equal((ObjectKind?)ObjectKind.Tag, await Store.FindKindAsync(tag, Ct));
        Assert.Equal([(tag, ObjectKind.Tag)], await Store.FindPrefixAsync(tag.Hex[..10], 5, Ct));
    }

    [Fact]
    public async Task A_commit_is_one_generation_above_its_parents_which_must_exist()
    {
        var first = (await CommitAsync([1])).Commit;
        var second = (await CommitAsync([2], first)).Commit;
        var both = (await CommitAsync([3], first, second)).Commit;
        Assert.Equal((3, 2, 1), ((await Store.FindCommitAsync(both, Ct))!.Gen, (await Store.FindCommitAsync(second, Ct))!.Gen, (await Store.FindCommitAsync(first, Ct))!.Gen));
        Assert.Equal([first, second], (await Store.ReadCommitAsync(both, Ct)).Parents);
        Assert.Equal("object_missing", (await Assert.ThrowsAsync<TemperException>(() => CommitAsync([4], Digest.OfText("nobody")))).Code);
    }

    [Fact]
    public async Task A_tree_may_not_name_a_file_that_nobody_stored()
    {
        await using var batch = Store.BeginBatch();
        batch.AddFolder([new(EntryMode.File, "x", Digest.OfText("nowhere"), 7)]);
        Assert.Equal("object_missing", (await Assert.ThrowsAsync<TemperException>(() => KeepAsync(batch))).Code);
    }

    [Fact]
    public async Task What_nobody_stored_is_missing()
    {
        var nobody = Digest.OfText("nobody");
        Assert.Null(await Store.FindKindAsync(nobody, Ct));
        Assert.Null(await Store.FindCommitAsync(nobody, Ct));
        Assert.Null(await Store.FindRecipeAsync(nobody, Ct));
        Assert.Null(await Store.FindBodyAsync(nobody, ObjectKind.Tree, Ct));
        Assert.False(await Store.HasChunkAsync(nobody, Ct));
        Assert.Empty(await Store.FindPrefixAsync(nobody.Hex[..8], 3, Ct));
        Assert.Equal([nobody], await Store.FindMissingAsync([nobody], Ct));
        foreach (var read in (Func<Task>[])[() => Store.OpenFileAsync(nobody, 0, null, Ct).AsTask(), () => Store.ReadTreeAsync(nobody, Ct).AsTask(),
            () => Store.ReadCommitAsync(nobody, Ct).AsTask(), () => Store.ReadTagAsync(nobody, Ct).AsTask()])
            Assert.Equal("object_missing", (await Assert.ThrowsAsync<TemperException>(read)).Code);
    }

    [Fact]
    public async Task What_is_stored_already_is_not_stored_again()
    {
        var content = Random(2_000_000);
        await AddAsync(content);
        var before = StoredBytes();
        Random(10).CopyTo(content, 1_900_000);
        await AddAsync(content);
        Assert.InRange(StoredBytes() - before, 1, 530_000);
        before = StoredBytes();
        await AddAsync(content);
        Assert.Equal(before, StoredBytes());
    }

    [Fact]
    public async Task A_dropped_batch_leaves_nothing()
    {
        await AddAsync([1]);
        var before = PackFiles().ToList();
        Digest file;
        await using (var batch = Store.BeginBatch())
            file = (await batch.AddFileAsync(new MemoryStream(Random(3_000_000)), new(), Ct)).Id;
        Assert.Null(await Store.FindKindAsync(file, Ct));
        Assert.Equal(before, PackFiles());
        Assert.Empty(Directory.GetFiles(Folder.Path, "*", SearchOption.AllDirectories).Where(f => new FileInfo(f).Length > 1_000_000));
    }

    [Fact]
    public async Task A_flipped_byte_anywhere_is_never_handed_out()
    {
        var content = Random(60_000);
        var text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 4_000).Select(i => $"line {i}\n")));
        await using var batch = Store.BeginBatch();
        var (a, b) = (await batch.AddFileAsync(new MemoryStream(content), new(), Ct), await batch.AddFileAsync(new MemoryStream(text), new(), Ct));
        var tree = batch.AddFolder([new(EntryMode.File, "a", a.Id, a.Size), new(EntryMode.Executable, "b", b.Id, b.Size)]).Id;
        var commit = batch.AddCommit(new(tree, Someone, Someone, "m"));
        await KeepAsync(batch);
        var path = PackFiles().Single();
        var pack = await File.ReadAllBytesAsync(path);
        var random = new Random(7);
        for (var i = 0; i < 60; i++)
        {
            var at = random.Next(pack.Length);
            var bit = (byte)(1 << random.Next(8));
            pack[at] ^= bit;
            await File.WriteAllBytesAsync(path, pack);
            try
            {
                Assert.Equal(tree, (await Store.ReadCommitAsync(commit, Ct)).Tree);
                Assert.Equal([a.Id, b.Id], (await Store.ReadTreeAsync(tree, Ct)).Select(e => e.Id));
                Assert.Equal(content, await ReadAsync(a.Id));
                Assert.Equal(text, await ReadAsync(b.Id));
            }
            catch (TemperException error)
            {
                Assert.Contains(error.Code, (string[])["object_corrupt", "object_missing"]);
            }
            pack[at] ^= bit;
        }
    }

    [Fact]
    public async Task Writers_at_the_same_time_do_not_lose_anything()
    {
        var commits = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => CommitAsync(Random(100_000 + i % 4)))));
        foreach (var (commit, tree, file) in commits)
        {
            Assert.Equal(tree, (await Store.ReadCommitAsync(commit, Ct)).Tree);
            Assert.Equal(Random((int)file.Size), await ReadAsync(file.Id));
        }
    }

    [Fact]
    public async Task Objects_go_from_one_store_to_another_by_their_bodies()
    {
        var (commit, tree, file) = await CommitAsync(Random(900_000));
        using var folder = new TempFolder();
        using var other = new PackFolder(folder.Path, TimeProvider.System);
        await using var batch = other.BeginBatch();
        foreach (var chunk in (await Store.FindRecipeAsync(file.Id, Ct))!.Chunks)
            batch.AddBody(ObjectKind.Chunk, chunk.Id, await Store.FindBodyAsync(chunk.Id, ObjectKind.Chunk, Ct));
        batch.AddBody(ObjectKind.Recipe, file.Id, await Store.FindBodyAsync(file.Id, ObjectKind.Recipe, Ct));
        batch.AddBody(ObjectKind.Tree, tree, await Store.FindBodyAsync(tree, ObjectKind.Tree, Ct));
        batch.AddBody(ObjectKind.Commit, commit, await Store.FindBodyAsync(commit, ObjectKind.Commit, Ct));
        Assert.Equal("object_corrupt", Assert.Throws<TemperException>(() => batch.AddBody(ObjectKind.Chunk, file.Id, new byte[] { 1 })).Code);
        await batch.StoreAsync(Ct);
        await using var stream = await other.OpenFileAsync(file.Id, 0, null, Ct);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy, Ct);
        Assert.Equal(Random(900_000), copy.ToArray());
        Assert.Empty(await other.FindMissingAsync([commit, tree], Ct));
    }

    protected async Task<StoredFile> AddAsync(byte[] content, FileHint? hint = null)
    {
        await using var batch = Store.BeginBatch();
        var file = await batch.AddFileAsync(new MemoryStream(content), hint ?? new(), Ct);
        await KeepAsync(batch);
        return file;
    }

    protected async Task<(Digest Commit, Digest Tree, TreeEntry File)> CommitAsync(byte[] content, params Digest[] parents)
    {
        await using var batch = Store.BeginBatch();
        var file = await batch.AddFileAsync(new MemoryStream(content), new("f"), Ct);
        var entry = new TreeEntry(EntryMode.File, "f", file.Id, file.Size);
        var (tree, size) = batch.AddFolder([entry]);
        Assert.Equal(content.Length, size);
        var commit = batch.AddCommit(new(tree, Someone, Someone, "test") { Parents = parents });
        await KeepAsync(batch);
        return (commit, tree, entry);
    }

    protected async Task<byte[]> ReadAsync(Digest file)
    {
        await using var stream = await Store.OpenFileAsync(file, 0, null, Ct);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy, Ct);
        return copy.ToArray();
    }

    protected long StoredBytes() => PackFiles().Sum(f => new FileInfo(f).Length);

    protected static byte[] Random(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }
}
