using System.Text;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Storage.Folder;
using Temper.Storage.Sql;
using Temper.Testing;
using Temper.Testing.Servers;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;
using Temper.Versioning.Paths;

namespace Temper.Versioning.Tests;

/// <summary>The content store over a folder, with its catalogue in either database.</summary>
public abstract class ContentStoreContract : IAsyncLifetime, IDisposable
{
    private static readonly CancellationToken Ct = CancellationToken.None;
    private static readonly Signature Someone = new("Some One", "one@example.org", 1_700_000_000_123, 60);
    private readonly TempFolder _folder = new();
    private FolderBlobStore _blobs = null!;
    private Db _db = null!;
    private ContentStore _store = null!;

    protected abstract Task<Db> NewDatabaseAsync(TempFolder folder);

    public async Task InitializeAsync()
    {
        _blobs = new(_folder.Of("blobs"), TimeProvider.System);
        _db = await NewDatabaseAsync(_folder);
        await _db.ExecuteAsync(VersioningSchema.Version1, null, Ct);
        _store = new(_blobs, _db, TimeProvider.System, _folder.Path);
    }

    public async Task DisposeAsync() => await _db.DisposeAsync();

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_commit_gives_back_every_file_of_its_tree()
    {
        var files = new Dictionary<string, byte[]>
        {
            ["config.json"] = "{}"u8.ToArray(),
            ["empty"] = [],
            ["model.safetensors"] = Random(1_300_000),
            ["deep/er/log.txt"] = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("the same line again\n", 60_000))),
        };
        var commit = await CommitAsync(files);
        var tree = (await _store.ReadCommitAsync(commit, Ct)).Tree;
        var listed = await _store.ListFilesAsync(tree, Ct);
        Assert.Equal(files.Keys.Order(StringComparer.Ordinal), listed.Keys.Select(k => k.ToString()));
        foreach (var (path, content) in files)
        {
            var entry = await _store.FindFileAsync(tree, SafePath.Parse(path), Ct);
            Assert.Equal(content.Length, entry!.Size);
            Assert.Equal(Digest.Of(content), entry.Id);
            Assert.Equal(content, await _store.ReadFileAsync(entry.Id, Ct));
        }
        Assert.Null(await _store.FindFileAsync(tree, SafePath.Parse("deep/er"), Ct));
        Assert.Null(await _store.FindFileAsync(tree, SafePath.Parse("deep/none"), Ct));
        Assert.Null(await _store.FindFileAsync(tree, SafePath.Parse("config.json/x"), Ct));
    }

    [Fact]
    public async Task Bodies_go_from_one_store_to_another_and_are_checked_on_the_way()
    {
        var commit = await CommitAsync(new() { ["a.txt"] = "hello\n"u8.ToArray() });
        var body = await _store.FindBodyAsync(commit, ObjectKind.Commit, Ct);
        Assert.Equal(commit, ObjectIds.Of(ObjectKind.Commit, body));
        Assert.Null(await _store.FindBodyAsync(commit, ObjectKind.Tree, Ct));
        var unknown = Digest.OfText("nobody wrote this");
        Assert.Equal([unknown], await _store.FindMissingAsync([commit, unknown, Digest.OfText("hello\n")], Ct));
        await using var batch = _store.NewBatch();
        batch.AddBody(ObjectKind.Commit, commit, body);
        Assert.Equal("object_corrupt", Assert.Throws<TemperException>(() => batch.AddBody(ObjectKind.Tree, commit, body)).Code);
    }

    [Fact]
    public async Task What_is_stored_already_is_not_stored_again()
    {
        var content = Random(2_000_000);
        await CommitAsync(new() { ["f"] = content });
        var before = await StoredBytesAsync();
        Random(10).CopyTo(content, 1_900_000);
        await CommitAsync(new() { ["f"] = content, ["same"] = content });
        Assert.InRange(await StoredBytesAsync() - before, 1, 530_000);
    }

    [Fact]
    public async Task Text_is_stored_smaller_and_weights_as_they_are()
    {
        await CommitAsync(new() { ["t"] = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("the same line again\n", 60_000))) });
        var text = await StoredBytesAsync();
        Assert.InRange(text, 1, 60_000);
        await CommitAsync(new() { ["w"] = Random(1_000_000) });
        Assert.InRange(await StoredBytesAsync() - text, 1_000_000, 1_002_000);
    }

    [Fact]
    public async Task A_file_may_stay_in_the_blob_it_is_in()
    {
        var content = Random(700_000);
        var blob = BlobKey.Parse("datasets/d/v/records-00000.jsonl");
        await _blobs.CreateAsync(blob, new MemoryStream(content), Ct);
        await using var batch = _store.NewBatch();
        var file = await batch.AddExternalAsync(blob, new(Digest.Of(content), content.Length), Ct);
        var tree = batch.AddTree([new(SafePath.Parse("records-00000.jsonl"), file)]);
        batch.AddCommit(new(tree, Someone, Someone, "seal"));
        await batch.StoreAsync(Ct);
        await _db.InTransactionAsync(batch.RecordAsync, Ct);
        Assert.InRange(await StoredBytesAsync(), 1, 2_000);
        Assert.Equal(content, await _store.ReadFileAsync(file.Id, Ct));

        await using var other = _store.NewBatch();
        Assert.Equal("object_corrupt", (await Assert.ThrowsAsync<TemperException>(() => other.AddExternalAsync(blob, new(Digest.OfText("x"), content.Length), Ct))).Code);
    }

    [Fact]
    public async Task Nothing_is_known_before_the_transaction_and_recording_again_changes_nothing()
    {
        await using var batch = _store.NewBatch();
        var file = await batch.AddFileAsync(new MemoryStream("x"u8.ToArray()), Ct);
        var tree = batch.AddTree([new(SafePath.Parse("x"), file)]);
        var commit = batch.AddCommit(new(tree, Someone, Someone, ""));
        await batch.StoreAsync(Ct);
        Assert.Null(await _store.FindCommitAsync(commit, Ct));
        await Assert.ThrowsAsync<InvalidOperationException>(() => _db.InTransactionAsync(async (session, ct) =>
        {
            await batch.RecordAsync(session, ct);
            throw new InvalidOperationException("the caller gave up");
        }, Ct));
        Assert.Null(await _store.FindCommitAsync(commit, Ct));
        await _db.InTransactionAsync(batch.RecordAsync, Ct);
        await _db.InTransactionAsync(batch.RecordAsync, Ct);
        Assert.Equal(tree, (await _store.FindCommitAsync(commit, Ct))!.Tree);
    }

    [Fact]
    public async Task A_tree_may_not_name_a_file_that_nobody_stored()
    {
        await using var batch = _store.NewBatch();
        batch.AddTree([new(SafePath.Parse("x"), new StoredFile(Digest.OfText("nowhere"), 7))]);
        Assert.Equal("object_missing", (await Assert.ThrowsAsync<TemperException>(() => batch.StoreAsync(Ct))).Code);
    }

    [Fact]
    public async Task Paths_that_some_systems_take_for_one_file_are_refused_all_at_once()
    {
        await using var batch = _store.NewBatch();
        var file = await batch.AddFileAsync(new MemoryStream([1]), Ct);
        string[] paths = ["README", "docs/a", "readme", "Docs/b", "x", "x/y", "z/É", "z/é"];
        var error = Assert.Throws<TemperException>(() => batch.AddTree(paths.Select(p => KeyValuePair.Create(SafePath.Parse(p), file))));
        Assert.Equal(["readme", "Docs/b", "x/y", "z/é"], error.Problems.Select(p => p.File));
        Assert.All(error.Problems, p => Assert.Equal("path_collision", p.Code));
    }

    [Fact]
    public async Task A_flipped_byte_anywhere_is_found_and_never_handed_out()
    {
        var content = Random(60_000);
        var text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 4_000).Select(i => $"line {i}\n")));
        var commit = await CommitAsync(new() { ["w"] = content, ["t"] = text });
        var path = Directory.GetFiles(_folder.Of("blobs", "blobs", "packs+"), "*", SearchOption.AllDirectories).Single();
        var pack = await File.ReadAllBytesAsync(path);
        var random = new Random(7);
        var found = 0;
        for (var i = 0; i < 60; i++)
        {
            var at = random.Next(pack.Length);
            var bit = (byte)(1 << random.Next(8));
            pack[at] ^= bit;
            await File.WriteAllBytesAsync(path, pack);
            try
            {
                var tree = (await _store.ReadCommitAsync(commit, Ct)).Tree;
                Assert.Equal(2, (await _store.ListFilesAsync(tree, Ct)).Count);
                Assert.Equal(content, await _store.ReadFileAsync(Digest.Of(content), Ct));
                Assert.Equal(text, await _store.ReadFileAsync(Digest.Of(text), Ct));
            }
            catch (TemperException error) when (error.Code == "object_corrupt")
            {
                found++;
            }
            pack[at] ^= bit;
        }
        Assert.InRange(found, 50, 60);
    }

    [Fact]
    public async Task A_lost_or_shortened_pack_is_named()
    {
        var content = Random(60_000);
        var commit = await CommitAsync(new() { ["w"] = content });
        var path = Directory.GetFiles(_folder.Of("blobs", "blobs", "packs+"), "*", SearchOption.AllDirectories).Single();
        await File.WriteAllBytesAsync(path, (await File.ReadAllBytesAsync(path))[..1_000]);
        Assert.Equal("object_corrupt", (await Assert.ThrowsAsync<TemperException>(() => _store.ReadFileAsync(Digest.Of(content), Ct))).Code);
        File.Delete(path);
        Assert.Equal("object_missing", (await Assert.ThrowsAsync<TemperException>(() => _store.ReadFileAsync(Digest.Of(content), Ct))).Code);
        Assert.Equal("object_missing", (await Assert.ThrowsAsync<TemperException>(() => _store.ReadCommitAsync(commit, Ct).AsTask())).Code);
    }

    [Fact]
    public async Task What_the_store_does_not_know_is_missing()
    {
        var nobody = Digest.OfText("nobody");
        Assert.Null(await _store.FindFileAsync(nobody, Ct));
        Assert.Null(await _store.FindCommitAsync(nobody, Ct));
        Assert.Equal("object_missing", (await Assert.ThrowsAsync<TemperException>(() => _store.OpenFileAsync(nobody, 0, null, Ct).AsTask())).Code);
        Assert.Equal("object_missing", (await Assert.ThrowsAsync<TemperException>(() => _store.ReadTreeAsync(nobody, Ct).AsTask())).Code);
    }

    private async Task<Digest> CommitAsync(Dictionary<string, byte[]> files, params Digest[] parents)
    {
        await using var batch = _store.NewBatch();
        var stored = new List<KeyValuePair<SafePath, StoredFile>>();
        foreach (var (path, content) in files)
            stored.Add(new(SafePath.Parse(path), await batch.AddFileAsync(new MemoryStream(content), Ct)));
        var commit = batch.AddCommit(new(batch.AddTree(stored), Someone, Someone, "test") { Parents = parents, Inputs = ["datasets/x@1"] });
        await batch.StoreAsync(Ct);
        await _db.InTransactionAsync(batch.RecordAsync, Ct);
        return commit;
    }

    private async Task<long> StoredBytesAsync()
    {
        long size = 0;
        await foreach (var blob in _blobs.ListAsync("packs/", Ct))
            size += blob.Size;
        return size;
    }

    private static byte[] Random(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }
}

public sealed class SqliteContentStoreTests : ContentStoreContract
{
    protected override Task<Db> NewDatabaseAsync(TempFolder folder) => Task.FromResult(Db.Sqlite(folder.Of("temper.db")));
}

[Trait("Needs", "postgresql")]
public sealed class PostgresContentStoreTests : ContentStoreContract
{
    protected override async Task<Db> NewDatabaseAsync(TempFolder folder) => Db.Postgres(await (await PostgresServer.SharedAsync()).NewDatabaseAsync());
}
