using System.Text;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Testing;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;
using Temper.Versioning.Paths;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.Tests.Repositories;

/// <summary>A repository in a folder: what is made, found, locked and noted.</summary>
public sealed class RepositoryTests : IDisposable
{
    private static readonly CancellationToken Ct = CancellationToken.None;
    private static readonly Signature Someone = new("Some One", "one@example.org", 1_700_000_000_123, 60);
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_repository_is_found_from_a_folder_below_it()
    {
        await using (await InitAsync()) { }
        Directory.CreateDirectory(_folder.Of("a", "b"));
        await using var found = await Repository.OpenAsync(_folder.Of("a", "b"), TimeProvider.System, Ct);
        Assert.Equal(_folder.Path, found.WorkFolder);
        Assert.Equal(new Head("refs/heads/main", null), await found.Refs.HeadAsync(Ct));
        var error = await Assert.ThrowsAsync<TemperException>(() => Repository.OpenAsync("/", TimeProvider.System, Ct));
        Assert.Equal("not_a_repository", error.Code);
    }

    [Fact]
    public async Task Making_it_again_keeps_what_is_there()
    {
        await using (var repository = await InitAsync())
            await repository.Refs.UpdateAsync([new("refs/heads/main", null, Digest.OfText("1"))], "made", Someone, Ct);
        await using var again = await Repository.InitAsync(_folder.Path, new() { Branch = "other", Name = "New" }, TimeProvider.System, Ct);
        Assert.Equal(new Head("refs/heads/main", Digest.OfText("1")), await again.Refs.HeadAsync(Ct));
        Assert.Equal("New", again.Config.Get("user.name"));
    }

    [Fact]
    public async Task A_bare_repository_has_no_folder_of_its_own()
    {
        await using (await Repository.InitAsync(_folder.Of("b"), new() { Bare = true }, TimeProvider.System, Ct)) { }
        await using var found = await Repository.OpenAsync(_folder.Of("b"), TimeProvider.System, Ct);
        Assert.True(found.IsBare);
        Assert.Equal(_folder.Of("b"), found.Home);
    }

    [Fact]
    public async Task References_move_together_or_not_at_all()
    {
        await using var repository = await InitAsync();
        var (one, two) = (Digest.OfText("1"), Digest.OfText("2"));
        await repository.Refs.UpdateAsync([new("refs/heads/a", null, one), new("refs/tags/t", null, one)], "made", Someone, Ct);
        var error = await Assert.ThrowsAsync<TemperException>(() => repository.Refs.UpdateAsync([new("refs/heads/a", one, two), new("refs/tags/t", two, one)], "moved", Someone, Ct));
        Assert.Equal("ref_moved", error.Code);
        Assert.Equal(one, await repository.Refs.FindAsync("refs/heads/a", Ct));
        Assert.Equal("ref_exists", (await Assert.ThrowsAsync<TemperException>(() => repository.Refs.UpdateAsync([new("refs/heads/a/b", null, one)], "made", Someone, Ct))).Code);
        Assert.Equal("ref_invalid", (await Assert.ThrowsAsync<TemperException>(() => repository.Refs.UpdateAsync([new("refs/heads/a..b", null, one)], "made", Someone, Ct))).Code);
        await repository.Refs.UpdateAsync([new("refs/heads/a", one, null), new("refs/heads/a/b", null, two)], "renamed", Someone, Ct);
        Assert.Equal([("refs/heads/a/b", two)], await repository.Refs.ListAsync("refs/heads/", Ct));
    }

    [Fact]
    public async Task Every_move_is_in_the_log_and_in_the_file()
    {
        await using var repository = await InitAsync();
        var (one, two) = (Digest.OfText("1"), Digest.OfText("2"));
        await repository.Refs.UpdateAsync([new("refs/heads/main", null, one)], "commit (initial): first", Someone, Ct);
        await repository.Refs.UpdateAsync([new("refs/heads/main", one, two)], "commit: second", Someone, Ct);
        await repository.Refs.SetHeadAsync(new(null, one), "checkout: moving", Someone, Ct);
        Assert.Equal(["commit: second", "commit (initial): first"], (await repository.Refs.ReflogAsync("refs/heads/main", 10, Ct)).Select(e => e.Reason));
        var head = await repository.Refs.ReflogAsync("HEAD", 10, Ct);
        Assert.Equal(["checkout: moving", "commit: second", "commit (initial): first"], head.Select(e => e.Reason));
        Assert.Equal((two, one), (head[0].Old!.Value, head[0].New!.Value));
        var lines = await File.ReadAllLinesAsync(_folder.Of(".temper", "logs", "refs"), Ct);
        Assert.Equal(5, lines.Length);
        Assert.EndsWith("refs/heads/main\tSome One <one@example.org> 1700000000123 +0100\tcommit (initial): first", lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_that_a_crash_cut_off_is_written_again()
    {
        await using var repository = await InitAsync();
        await repository.Refs.UpdateAsync([new("refs/heads/main", null, Digest.OfText("1"))], "one", Someone, Ct);
        var log = _folder.Of(".temper", "logs", "refs");
        var whole = await File.ReadAllBytesAsync(log, Ct);
        await File.WriteAllBytesAsync(log, whole[..^7], Ct);
        await repository.Refs.UpdateAsync([new("refs/heads/b", null, Digest.OfText("1"))], "two", Someone, Ct);
        var now = await File.ReadAllBytesAsync(log, Ct);
        Assert.Equal(whole, now[..whole.Length]);
        Assert.EndsWith("two\n", Encoding.UTF8.GetString(now), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_one_writes_at_a_time()
    {
        await using var repository = await InitAsync();
        using (await repository.LockAsync(Ct))
            Assert.Null(repository.TryLock());
        using var free = repository.TryLock();
        Assert.NotNull(free);
    }

    [Fact]
    public async Task An_objects_batch_is_there_once_stored()
    {
        await using var repository = await InitAsync();
        await using var batch = repository.Objects.BeginBatch();
        var file = await batch.AddFileAsync(new MemoryStream([1, 2, 3]), new("a"), Ct);
        await repository.Index.PutAsync([new(SafePath.Parse("x/y/a"), 0, EntryMode.File, file.Id, 3, default)], Ct);
        var tree = await repository.Index.WriteTreeAsync(batch, Ct);
        await batch.StoreAsync(Ct);
        await repository.Index.KeepTreesAsync(Ct);
        Assert.Equal("x", Assert.Single(await repository.Objects.ReadTreeAsync(tree, Ct)).Name);
    }

    private Task<Repository> InitAsync() => Repository.InitAsync(_folder.Path, new(), TimeProvider.System, Ct);
}
