using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Testing;
using Temper.Versioning.Objects;
using Temper.Versioning.Paths;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.Tests.Repositories;

/// <summary>The index: entries by path, conflicts, trees of changed folders only.</summary>
public sealed class WorkIndexTests : IAsyncLifetime, IDisposable
{
    private static readonly CancellationToken Ct = CancellationToken.None;
    private readonly TempFolder _folder = new();
    private Repository _repository = null!;

    public async Task InitializeAsync() => _repository = await Repository.InitAsync(_folder.Path, new(), TimeProvider.System, Ct);

    public async Task DisposeAsync() => await _repository.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Entries_come_in_the_order_of_bytes()
    {
        await PutAsync("b", "a/x", "a-b", "a.b", "a/é", "a/b/c", "\U0001F600", "\uFFEE");
        Assert.Equal(["a-b", "a.b", "a/b/c", "a/x", "a/é", "b", "\uFFEE", "\U0001F600"], await PathsAsync());
    }

    [Fact]
    public async Task A_file_takes_the_place_of_a_folder_and_the_other_way_round()
    {
        await PutAsync("a/b/c", "a/d", "a-b", "e");
        await PutAsync("a");
        Assert.Equal(["a", "a-b", "e"], await PathsAsync());
        await PutAsync("e/f/g");
        Assert.Equal(["a", "a-b", "e/f/g"], await PathsAsync());
    }

    [Fact]
    public async Task A_merged_entry_ends_a_conflict()
    {
        await PutAsync("a", "b");
        var sides = Enumerable.Range(1, 3).Select(stage => Entry("a", stage)).ToList();
        await _repository.Index.PutAsync(sides, Ct);
        Assert.Equal([1, 2, 3], (await _repository.Index.FindAsync(SafePath.Parse("a"), Ct)).Select(e => e.Stage));
        await using (var batch = _repository.Objects.BeginBatch())
            Assert.Equal("index_unmerged", (await Assert.ThrowsAsync<TemperException>(() => _repository.Index.WriteTreeAsync(batch, Ct))).Code);
        await PutAsync("a");
        Assert.Equal(0, Assert.Single(await _repository.Index.FindAsync(SafePath.Parse("a"), Ct)).Stage);
        await _repository.Index.RemoveAsync([SafePath.Parse("a")], Ct);
        Assert.Equal(["b"], await PathsAsync());
    }

    [Fact]
    public async Task Thousands_of_names_in_one_folder_are_found_changed_and_removed()
    {
        var names = Enumerable.Range(0, 5000).Select(i => $"d/f{i * 7919 % 5000:D4}").ToArray();
        await PutAsync(names);
        await PutAsync([.. Enumerable.Range(0, 3000).Select(i => $"d/f{i:D4}x")]);
        var expected = names.Concat(Enumerable.Range(0, 3000).Select(i => $"d/f{i:D4}x")).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(expected, await PathsAsync());
        await _repository.Index.RemoveAsync([.. names.Select(SafePath.Parse)], Ct);
        Assert.Equal(3000, (await PathsAsync()).Count);
        Assert.NotEmpty(await _repository.Index.FindAsync(SafePath.Parse("d/f2999x"), Ct));
        Assert.Empty(await _repository.Index.FindAsync(SafePath.Parse("d/f2999"), Ct));
    }

    [Fact]
    public async Task A_tree_read_back_is_the_tree_that_was_written_and_keeps_stamps()
    {
        await using var batch = _repository.Objects.BeginBatch();
        var file = await batch.AddFileAsync(new MemoryStream([1]), new("a"), Ct);
        await _repository.Index.PutAsync([.. ((string[])["a/b/c", "a/d", "e", "f/g"]).Select(p => new IndexEntry(SafePath.Parse(p), 0, EntryMode.File, file.Id, 1, new(7, 8, 9)))], Ct);
        var tree = await _repository.Index.WriteTreeAsync(batch, Ct);
        await batch.StoreAsync(Ct);
        await _repository.Index.KeepTreesAsync(Ct);
        var before = await _repository.Index.LoadAsync(Ct);
        await _repository.Index.ChangeAsync([SafePath.Parse("e"), SafePath.Parse("a/d")], [Entry("a/b/x"), Entry("n/e/w")], Ct);
        await _repository.Index.ReadTreeAsync(_repository.Objects, tree, Ct);
        var after = await _repository.Index.LoadAsync(Ct);
        Assert.Equal(before.Select(e => (e.Path, e.Id)), after.Select(e => (e.Path, e.Id)));
        Assert.Equal(new FileStamp(7, 8, 9), after.Single(e => e.Path.ToString() == "f/g").Stamp);
        await using var again = _repository.Objects.BeginBatch();
        Assert.Equal(tree, await _repository.Index.WriteTreeAsync(again, Ct));
        await _repository.Index.ReadTreeAsync(_repository.Objects, null, Ct);
        Assert.Empty(await PathsAsync());
    }

    private async Task<List<string>> PathsAsync() => [.. (await _repository.Index.LoadAsync(Ct)).Select(e => e.Path.ToString())];

    private Task PutAsync(params string[] paths) => _repository.Index.PutAsync([.. paths.Select(p => Entry(p))], Ct);

    private static IndexEntry Entry(string path, int stage = 0) => new(SafePath.Parse(path), stage, EntryMode.File, Digest.OfText(path + stage), 1, default);
}
