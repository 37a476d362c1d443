using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Testing;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;
using Temper.Versioning.Packs;

namespace Temper.Versioning.Tests;

/// <summary>What is the local folder's own: packs as files, several processes, differences.</summary>
public sealed class PackFolderTests : IDisposable
{
    private static readonly CancellationToken Ct = CancellationToken.None;
    private readonly TempFolder _folder = new();
    private readonly PackFolder _store;

    public PackFolderTests() => _store = Open();

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_another_process_stored_is_found_and_what_it_removed_is_missing()
    {
        using var other = Open();
        Assert.Null(await _store.FindKindAsync(Digest.OfText("x"), Ct));
        var file = await AddAsync(other, "x"u8.ToArray());
        Assert.Equal("x"u8.ToArray(), await ReadAsync(_store, file.Id));
        File.Delete(Packs().Single());
        _store.Refresh();
        Assert.Equal("object_missing", (await Assert.ThrowsAsync<TemperException>(() => ReadAsync(_store, file.Id))).Code);
    }

    [Fact]
    public async Task A_pack_that_is_removed_while_its_objects_move_to_another_is_not_missed()
    {
        var file = await AddAsync(_store, "x"u8.ToArray());
        var first = Packs().Single();
        using var late = Open();
        await using var batch = _store.BeginBatch();
        batch.AddBody(ObjectKind.Chunk, Digest.OfText("y"), "y"u8.ToArray());
        await batch.StoreAsync(Ct);
        using (var scratch = new TempFolder())
        {
            using var rewritten = new PackFolder(scratch.Path, TimeProvider.System);
            await using var both = rewritten.BeginBatch();
            both.AddBody(ObjectKind.Chunk, file.Id, "x"u8.ToArray());
            both.AddBody(ObjectKind.Chunk, Digest.OfText("z"), "z"u8.ToArray());
            await both.StoreAsync(Ct);
            var pack = Directory.GetFiles(Path.Combine(scratch.Path, "packs")).Single();
            File.Copy(pack, _folder.Of("objects", "packs", Path.GetFileName(pack)));
        }
        File.Delete(first);
        Assert.Equal("x"u8.ToArray(), await ReadAsync(late, file.Id));
    }

    [Fact]
    public void What_dead_writers_left_is_removed_after_an_hour_and_what_living_ones_write_is_not()
    {
        foreach (var name in (string[])["dead", "fresh", "living"])
            File.WriteAllText(_folder.Of("objects", "tmp", name), "x");
        foreach (var name in (string[])["dead", "living"])
            File.SetLastWriteTimeUtc(_folder.Of("objects", "tmp", name), TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(-61));
        using (var held = new FileStream(_folder.Of("objects", "tmp", "living"), FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            Open().Dispose();
        Assert.Equal(["fresh", "living"], Directory.GetFiles(_folder.Of("objects", "tmp")).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task A_fine_tuned_model_is_kept_as_what_differs_and_comes_back_through_five_versions()
    {
        var model = SampleModel.Llama(2);
        for (var i = 0; i < model.Tensors.Count; i++)
            model.Tensors[i] = model.Tensors[i] with { Data = StoredFormTests.Weights(model.Tensors[i].Data.Length, i) };
        var versions = new List<(Digest Id, byte[] File)>();
        var sizes = new List<double>();
        for (var version = 0; version < 6; version++)
        {
            var file = model.Bytes();
            var before = Stored();
            var stored = await AddAsync(_store, file, new("model", versions.LastOrDefault().Id is var id && versions.Count > 0 ? id : null));
            sizes.Add((Stored() - before) / (double)file.Length);
            versions.Add((stored.Id, file));
            for (var i = 0; i < model.Tensors.Count; i++)
                model.Tensors[i] = model.Tensors[i] with { Data = StoredFormTests.Tuned(model.Tensors[i].Data, 1e-3f) };
        }
        Assert.InRange(sizes[0], 0.99, 1.01);
        Assert.All(sizes.Skip(1), size => Assert.InRange(size, 0.02, 0.35));
        using var again = Open();
        foreach (var (id, file) in versions)
            Assert.Equal(file, await ReadAsync(again, id));
        Assert.All(Packs(), pack => Assert.Empty(PackCheck.Run(again, Digest.Parse(Path.GetFileName(pack)[2..^5]), Ct)));

        // Without the first version nobody can read the others, and says so.
        File.Delete(Packs().MaxBy(p => new FileInfo(p).Length)!);
        using var without = Open();
        Assert.Equal("object_missing", (await Assert.ThrowsAsync<TemperException>(() => ReadAsync(without, versions[3].Id))).Code);
    }

    [Fact]
    public async Task Weights_are_kept_as_byte_planes_where_the_smallest_form_is_asked_for()
    {
        var model = SampleModel.Llama(1);
        for (var i = 0; i < model.Tensors.Count; i++)
            model.Tensors[i] = model.Tensors[i] with { Data = StoredFormTests.Weights(model.Tensors[i].Data.Length, i) };
        var file = model.Bytes();
        var stored = await AddAsync(_store, file, new(IsSmall: true));
        Assert.InRange(Stored() / (double)file.Length, 0.6, 0.75);
        Assert.Equal(file, await ReadAsync(_store, stored.Id));
    }

    [Fact]
    public async Task Checking_names_each_object_that_was_altered()
    {
        await using var batch = _store.BeginBatch();
        foreach (var i in Enumerable.Range(0, 20))
            batch.AddBody(ObjectKind.Chunk, Digest.Of(new byte[100 + i]), new byte[100 + i]);
        await batch.StoreAsync(Ct);
        var path = Packs().Single();
        var pack = Digest.Parse(Path.GetFileName(path)[2..^5]);
        Assert.Empty(PackCheck.Run(_store, pack, Ct));
        var bytes = await File.ReadAllBytesAsync(path);
        for (var at = 0; at < bytes.Length; at += 37)
        {
            var altered = (byte[])bytes.Clone();
            altered[at] ^= 4;
            await File.WriteAllBytesAsync(path, altered);
            Assert.NotEmpty(PackCheck.Run(_store, pack, Ct));
        }
        bytes[40] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);
        Assert.Contains(PackCheck.Run(_store, pack, Ct), p => p.Message.Contains(Digest.Of(new byte[100]).Hex, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_pack_under_another_name_is_found_out()
    {
        await AddAsync(_store, "x"u8.ToArray());
        var path = Packs().Single();
        var pack = Digest.Parse(Path.GetFileName(path)[2..^5]);
        Assert.NotEqual(pack, Digest.Of(await File.ReadAllBytesAsync(path)));
        Assert.Empty(PackCheck.Run(_store, pack, Ct));
        File.Move(path, _folder.Of("objects", "packs", $"p-{Digest.OfText("other")}.pack"));
        Assert.Contains("digest that names it", Assert.Single(PackCheck.Run(_store, Digest.OfText("other"), Ct)).Message, StringComparison.Ordinal);
        Assert.Equal("object_missing", Assert.Single(PackCheck.Run(_store, pack, Ct)).Code);
    }

    [Fact]
    public async Task A_file_whose_content_looks_like_a_tree_is_not_taken_for_one()
    {
        var body = TreeCodec.Encode([]);
        byte[] content = [.. "tree 0\0"u8];
        await using var batch = _store.BeginBatch();
        var (tree, _) = batch.AddFolder([]);
        var file = await batch.AddFileAsync(new MemoryStream(content), new(), Ct);
        await batch.StoreAsync(Ct);
        Assert.Equal(tree, file.Id);
        Assert.Empty(await _store.ReadTreeAsync(tree, Ct));
        Assert.Equal(content, await ReadAsync(_store, file.Id));
        Assert.Equal(body, await _store.FindBodyAsync(tree, ObjectKind.Tree, Ct));
    }

    [Fact]
    public async Task A_pack_of_version_1_is_read_as_before()
    {
        var path = _folder.Of("objects", "tmp", "old");
        Digest id;
        using (var old = new PackBuilder(path, PackFormat.Version1, FileOptions.None))
        {
            old.Add(ObjectKind.Chunk, Digest.OfText("old"), 3, PackForms.Encode(ObjectKind.Chunk, "old"u8.ToArray()));
            Assert.Throws<ArgumentException>(() => old.Add(ObjectKind.Recipe, Digest.OfText("r"), 1, new(PackForm.Raw, new byte[1])));
            id = old.Finish();
        }
        File.Move(path, _folder.Of("objects", "packs", $"p-{id}.pack"));
        Assert.Equal("old"u8.ToArray(), await ReadAsync(_store, Digest.OfText("old")));
        Assert.Empty(PackCheck.Run(_store, id, Ct));
    }

    private PackFolder Open() => new(_folder.Of("objects"), TimeProvider.System);

    private string[] Packs() => Directory.GetFiles(_folder.Of("objects", "packs"));

    private long Stored() => Packs().Sum(f => new FileInfo(f).Length);

    private static async Task<StoredFile> AddAsync(PackFolder store, byte[] content, FileHint? hint = null)
    {
        await using var batch = store.BeginBatch();
        var file = await batch.AddFileAsync(new MemoryStream(content), hint ?? new(), Ct);
        await batch.StoreAsync(Ct);
        return file;
    }

    private static async Task<byte[]> ReadAsync(PackFolder store, Digest file)
    {
        await using var stream = await store.OpenFileAsync(file, 0, null, Ct);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy, Ct);
        return copy.ToArray();
    }
}
