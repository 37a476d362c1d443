using Microsoft.Data.Sqlite;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Backups;
using Temper.Versioning.Care;
using Temper.Versioning.Repositories;
using Temper.Versioning.Sync;

namespace Temper.Versioning.Tests;

/// <summary>Checking, collecting, making again, restoring: on real repositories.</summary>
public sealed class CareTests
{
    private static readonly string Large = string.Concat(Enumerable.Range(0, 200_000).Select(i => $"{i * 7919 % 1_000_003} "));

    [Fact]
    public async Task A_sound_repository_is_found_sound()
    {
        await using var local = await Local.NewAsync();
        await local.CommitAsync(("a", "one"), ("d/b", Large));
        var report = await RepositoryCheck.RunAsync(local.Repository, full: true, null, Ct);
        Assert.Empty(report.Problems);
        Assert.Equal(0, report.Unreferenced);
    }

    [Fact]
    public async Task Whichever_byte_of_a_pack_is_altered_a_full_check_names_the_pack()
    {
        await using var local = await Local.NewAsync();
        await local.CommitAsync(("a", "one"), ("d/b", Large));
        var pack = Assert.Single(local.Packs());
        var whole = await File.ReadAllBytesAsync(pack);
        var random = new Random(5);
        for (var round = 0; round < 40; round++)
        {
            var altered = (byte[])whole.Clone();
            altered[round == 0 ? 0 : round == 1 ? whole.Length - 1 : random.Next(whole.Length)] ^= (byte)(1 << random.Next(8));
            await File.WriteAllBytesAsync(pack, altered);
            await local.ReopenAsync();
            var report = await RepositoryCheck.RunAsync(local.Repository, full: true, null, Ct);
            Assert.Contains(report.Problems, p => p.File == pack);
        }
        await File.WriteAllBytesAsync(pack, whole);
        await local.ReopenAsync();
        Assert.Empty((await RepositoryCheck.RunAsync(local.Repository, full: true, null, Ct)).Problems);
    }

    [Fact]
    public async Task A_pack_that_is_gone_is_told_by_what_misses_it()
    {
        await using var local = await Local.NewAsync();
        await local.CommitAsync(("a", "one"));
        await local.CommitAsync(("a", "two"));
        File.Delete(local.Packs().OrderBy(File.GetLastWriteTimeUtc).First());
        await local.ReopenAsync();
        Assert.Contains((await RepositoryCheck.RunAsync(local.Repository, full: false, null, Ct)).Problems, p => p.Code == "repository_damaged");
    }

    [Fact]
    public async Task A_lost_database_is_made_again_with_references_log_and_index()
    {
        await using var local = await Local.NewAsync();
        await local.CommitAsync(("a", "one"));
        var tip = await local.CommitAsync(("a", "two"), ("d/b", "three"));
        await local.Repository.Refs.UpdateAsync([new("refs/tags/v1", null, tip), new("refs/heads/gone", null, tip)], "tag", Local.Someone, Ct);
        await local.Repository.Refs.UpdateAsync([new("refs/heads/gone", tip, null)], "delete", Local.Someone, Ct);
        var index = await local.Repository.Index.LoadAsync(Ct);
        await local.Repository.DisposeAsync();
        SqliteConnection.ClearAllPools();
        foreach (var file in Directory.GetFiles(local.Home, "repo.db*"))
            File.Delete(file);
        var report = await RepositoryRebuild.RunAsync(local.Work, TimeProvider.System, Ct);
        Assert.Equal((2, (string?)null), (report.Refs, report.SetAside));
        await local.ReopenAsync();
        Assert.Equal([("refs/heads/main", tip), ("refs/tags/v1", tip)], await local.Repository.Refs.ListAsync("refs/", Ct));
        Assert.Equal(2, (await local.Repository.Refs.ReflogAsync("refs/heads/main", 10, Ct)).Count);
        Assert.Equal(index.Select(e => (e.Path, e.Id)), (await local.Repository.Index.LoadAsync(Ct)).Select(e => (e.Path, e.Id)));
        Assert.Empty((await RepositoryCheck.RunAsync(local.Repository, full: true, null, Ct)).Problems);
    }

    [Fact]
    public async Task A_damaged_database_is_set_aside_never_deleted()
    {
        await using var local = await Local.NewAsync();
        var tip = await local.CommitAsync(("a", "one"));
        await local.Repository.DisposeAsync();
        SqliteConnection.ClearAllPools();
        await File.WriteAllTextAsync(Path.Combine(local.Home, "repo.db"), "this is no database at all, and was none for a while");
        var report = await RepositoryRebuild.RunAsync(local.Work, TimeProvider.System, Ct);
        Assert.Equal("this is no database at all, and was none for a while", await File.ReadAllTextAsync(report.SetAside!));
        await local.ReopenAsync();
        Assert.Equal(tip, await local.Repository.Refs.FindAsync("refs/heads/main", Ct));
    }

    [Fact]
    public async Task Collecting_keeps_what_references_the_log_and_the_index_lead_to()
    {
        await using var local = await Local.NewAsync();
        var first = await local.CommitAsync(("a", "one"));
        var second = await local.CommitAsync(("a", "two"), ("b", Large));
        await local.MoveMainAsync(second, first);
        var report = await GarbageCollection.RunAsync(local.Repository, TimeSpan.Zero, dryRun: false, Ct);
        Assert.Equal(0, report.Removed);
        Assert.Equal(Large, await local.ReadAsync(second, "b"));
    }

    [Fact]
    public async Task What_nothing_leads_to_goes_when_its_grace_is_over_and_not_before()
    {
        var clock = new SteppingClock();
        await using var local = await Local.NewAsync(clock);
        var first = await local.CommitAsync(("a", "one"));
        var second = await local.CommitAsync(("a", "two"), ("b", Large));
        await local.MoveMainAsync(second, first);
        // The log of moves no longer holds it.
        clock.Now += TimeSpan.FromDays(365 * 20);
        await local.ReopenAsync(clock);
        Assert.Equal(0, (await GarbageCollection.RunAsync(local.Repository, TimeSpan.FromDays(14), dryRun: false, Ct)).Removed);
        clock.Now += TimeSpan.FromDays(13);
        Assert.Equal(0, (await GarbageCollection.RunAsync(local.Repository, TimeSpan.FromDays(14), dryRun: false, Ct)).Removed);
        clock.Now += TimeSpan.FromDays(2);
        var dry = await GarbageCollection.RunAsync(local.Repository, TimeSpan.FromDays(14), dryRun: true, Ct);
        var report = await GarbageCollection.RunAsync(local.Repository, TimeSpan.FromDays(14), dryRun: false, Ct);
        Assert.True(report.Removed > 3);
        Assert.Equal(dry.Removed, report.Removed);
        Assert.True(report.BytesAfter < report.Bytes / 10);
        Assert.Equal("one", await local.ReadAsync(first, "a"));
        Assert.Empty((await RepositoryCheck.RunAsync(local.Repository, full: true, null, Ct)).Problems);
        Assert.Null(await local.Repository.Objects.FindKindAsync(second, Ct));
    }

    [Fact]
    public async Task What_is_named_again_before_its_grace_is_over_begins_anew()
    {
        var clock = new SteppingClock();
        await using var local = await Local.NewAsync(clock);
        var first = await local.CommitAsync(("a", "one"));
        var second = await local.CommitAsync(("a", "two"));
        await local.MoveMainAsync(second, first);
        clock.Now += TimeSpan.FromDays(365 * 20);
        await local.ReopenAsync(clock);
        await GarbageCollection.RunAsync(local.Repository, TimeSpan.FromDays(14), dryRun: false, Ct);
        await local.Repository.Refs.UpdateAsync([new("refs/heads/again", null, second)], "branch", Local.Someone, Ct);
        clock.Now += TimeSpan.FromDays(30);
        await GarbageCollection.RunAsync(local.Repository, TimeSpan.FromDays(14), dryRun: false, Ct);
        await local.Repository.Refs.UpdateAsync([new("refs/heads/again", second, null)], "branch", Local.Someone, Ct);
        Assert.Equal(0, (await GarbageCollection.RunAsync(local.Repository, TimeSpan.FromDays(14), dryRun: false, Ct)).Removed);
        Assert.Equal("two", await local.ReadAsync(second, "a"));
    }

    [Fact]
    public async Task Nothing_is_removed_from_a_damaged_repository()
    {
        await using var local = await Local.NewAsync();
        await local.CommitAsync(("a", "one"));
        await local.CommitAsync(("a", "two"));
        File.Delete(local.Packs().OrderBy(File.GetLastWriteTimeUtc).First());
        await local.ReopenAsync();
        Assert.Equal("repository_damaged", (await Assert.ThrowsAsync<TemperException>(() => GarbageCollection.RunAsync(local.Repository, TimeSpan.Zero, dryRun: false, Ct))).Code);
    }

    [Fact]
    public async Task Many_small_packs_become_one_and_nothing_is_lost()
    {
        await using var local = await Local.NewAsync();
        var commits = new List<Digest>();
        for (var i = 0; i < 60; i++)
            commits.Add(await local.CommitAsync(("a", $"version {i}")));
        Assert.Equal(60, local.Packs().Count);
        using (await local.Repository.LockAsync(Ct))
            GarbageCollection.Tidy(local.Repository, Ct);
        Assert.Single(local.Packs());
        Assert.Equal("version 31", await local.ReadAsync(commits[31], "a"));
        Assert.Empty((await RepositoryCheck.RunAsync(local.Repository, full: true, null, Ct)).Problems);
    }

    [Fact]
    public async Task Collecting_waits_for_a_transfer_and_a_transfer_for_collecting()
    {
        await using var local = await Local.NewAsync();
        await local.CommitAsync(("a", "one"));
        var share = await ObjectUse.ShareAsync(local.Home, TimeProvider.System, Ct);
        using (await ObjectUse.ShareAsync(local.Home, TimeProvider.System, Ct))
        {
            var collecting = GarbageCollection.RunAsync(local.Repository, TimeSpan.Zero, dryRun: false, Ct);
            await Task.Delay(200);
            Assert.False(collecting.IsCompleted);
            share.Dispose();
            await Task.Delay(100);
            Assert.False(collecting.IsCompleted);
        }
        using (await ObjectUse.AloneAsync(local.Home, TimeProvider.System, Ct))
        {
        }
    }

    [Fact]
    public async Task A_backup_restored_elsewhere_is_a_sound_repository()
    {
        await using var local = await Local.NewAsync();
        var tip = await local.CommitAsync(("a", "one"), ("b", Large));
        var folder = new BackupFolder(local.Of("backup"), TimeProvider.System);
        await folder.CreateAsync(BackupSource.Repository(local.Home), null, Ct);
        await folder.RestoreAsync(null, local.Of("other", ".temper"), null, Ct);
        await using var other = await Repository.OpenAsync(local.Of("other"), TimeProvider.System, Ct);
        Assert.Empty((await RepositoryCheck.RunAsync(other, full: true, null, Ct)).Problems);
        Assert.Equal(tip, (await other.Refs.HeadAsync(Ct)).Commit);
    }

    [Fact]
    public async Task A_branch_that_asks_for_signatures_does_not_move_to_what_nobody_signed()
    {
        await using var local = await Local.NewAsync();
        local.Repository.Config.Add("security.requireSigned", "refs/heads/release/*");
        local.Repository.Config.Save();
        await local.ReopenAsync();
        var tip = await local.CommitAsync(("a", "one"));
        var error = await Assert.ThrowsAsync<TemperException>(() => local.Repository.Refs.UpdateAsync([new("refs/heads/release/1", null, tip)], "test", Local.Someone, Ct));
        Assert.Equal("signature_missing", error.Code);
        Assert.Null(await local.Repository.Refs.FindAsync("refs/heads/release/1", Ct));
    }

    [Fact]
    public async Task What_was_pushed_is_dropped_and_comes_back_when_it_is_needed()
    {
        await using var local = await Local.NewAsync();
        await using var other = await Local.NewAsync();
        var first = await local.CommitAsync(("a", "one"), ("b", Large));
        var meter = new TransferMeter(null, TimeProvider.System);
        var remotes = new Remotes(null, Local.Someone, TimeProvider.System);
        new RemoteSettings(local.Repository).Add("origin", other.Work);
        await using (var remote = await remotes.OpenAsync(local.Repository, "origin", meter, Ct))
        {
            // Tracked, but not pushed: the remote confirms nothing.
            await local.Repository.Refs.UpdateAsync([new("refs/remotes/origin/main", null, first)], "test", Local.Someone, Ct);
            var before = await Pruning.RunAsync(local.Repository, "origin", remote, 1 << 20, dryRun: false, Ct);
            Assert.Equal((0, 0L, 1), (before.Files, before.Chunks, before.Unconfirmed));
            await remote.SendAsync(Everything(local.Repository, first), Ct);
            var report = await Pruning.RunAsync(local.Repository, "origin", remote, 1 << 20, dryRun: false, Ct);
            Assert.True(report is { Files: 1, Chunks: > 1, Unconfirmed: 0 } && report.Bytes > 100_000);
        }
        await local.ReopenAsync();
        Assert.Equal("one", await local.ReadAsync(first, "a"));
        Assert.Equal("object_missing", (await Assert.ThrowsAsync<TemperException>(() => local.ReadAsync(first, "b"))).Code);
        Assert.Empty((await RepositoryCheck.RunAsync(local.Repository, full: true, null, Ct)).Problems);
        Assert.Equal(1, await PromisedFiles.FetchAsync(local.Repository, [Digest.OfText(Large)], remotes, meter, Ct));
        Assert.Equal(Large, await local.ReadAsync(first, "b"));
    }

    private static async IAsyncEnumerable<GraphItem> Everything(Repository repository, Digest commit)
    {
        await foreach (var item in new GraphWalk(repository.Objects, new([commit], [])).ItemsAsync(Ct))
        {
            if (item.Kind == Objects.ObjectKind.Recipe)
                foreach (var chunk in (await repository.Objects.FindRecipeAsync(item.Id, Ct))!.Chunks)
                    yield return new(Objects.ObjectKind.Chunk, chunk.Id, await repository.Objects.FindBodyAsync(chunk.Id, Objects.ObjectKind.Chunk, Ct));
            yield return item.Kind == Objects.ObjectKind.Chunk ? item with { Body = await repository.Objects.FindBodyAsync(item.Id, item.Kind, Ct) } : item;
        }
    }

    private static CancellationToken Ct => CancellationToken.None;

    private sealed class SteppingClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = System.GetUtcNow();

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
