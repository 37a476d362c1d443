using Temper.Core.Errors;
using Temper.Storage.Sql;
using Temper.Testing;
using Temper.Versioning.Backups;

namespace Temper.Versioning.Tests;

/// <summary>Snapshots of a folder with a database that goes on being written.</summary>
public sealed class BackupTests : IAsyncLifetime, IDisposable
{
    private readonly TempFolder _folder = new();
    private Db _db = null!;

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(_folder.Of("home", "objects", "packs"));
        Write("objects/packs/p-1.pack", "first pack");
        Write("HEAD", "ref: refs/heads/main\n");
        Write("objects/tmp/unfinished", "no");
        _db = Db.Sqlite(_folder.Of("home", "repo.db"));
        await _db.ExecuteAsync("create table refs (name text primary key, target text not null)", null, Ct);
        await _db.ExecuteAsync("insert into refs values ('a', '1')", null, Ct);
    }

    [Fact]
    public async Task What_is_restored_is_what_was_there()
    {
        await Backup.CreateAsync(Source, null, Ct);
        await _db.ExecuteAsync("update refs set target = '2'", null, Ct);
        await Backup.RestoreAsync(null, _folder.Of("again"), null, Ct);
        Assert.Equal("first pack", File.ReadAllText(_folder.Of("again", "objects", "packs", "p-1.pack")));
        Assert.Equal("ref: refs/heads/main\n", File.ReadAllText(_folder.Of("again", "HEAD")));
        Assert.False(Directory.Exists(_folder.Of("again", "objects", "tmp")));
        await using var restored = Db.Sqlite(_folder.Of("again", "repo.db"));
        Assert.Equal("1", await restored.ScalarAsync<string>("select target from refs", null, Ct));
    }

    [Fact]
    public async Task The_next_snapshot_copies_only_what_is_new()
    {
        await Backup.CreateAsync(Source, null, Ct);
        Write("objects/packs/p-2.pack", "second");
        var report = await Backup.CreateAsync(Source, null, Ct);
        Assert.Equal("second".Length, report.NewBytes);
        Assert.Equal(4, report.Files);
        Assert.Equal(2, Backup.List().Count);
    }

    [Fact]
    public async Task A_snapshot_while_the_database_is_written_holds_one_instant()
    {
        await _db.ExecuteAsync("create table pairs (a bigint not null, b bigint not null)", null, Ct);
        await _db.ExecuteAsync("insert into pairs values (0, 0)", null, Ct);
        using var stop = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
                await _db.InTransactionAsync(async (session, ct) =>
                {
                    await session.ExecuteAsync("update pairs set a = a + 1", null, ct);
                    await session.ExecuteAsync("update pairs set b = b + 1", null, ct);
                }, CancellationToken.None);
        }, Ct);
        for (var i = 0; i < 5; i++)
        {
            var name = (await Backup.CreateAsync(Source, null, Ct)).Snapshot;
            await Backup.RestoreAsync(name, _folder.Of("copy" + i), null, Ct);
            await using var restored = Db.Sqlite(_folder.Of("copy" + i, "repo.db"));
            Assert.Equal(1, await restored.ScalarAsync<long>("select count(*) from pairs where a = b", null, Ct));
        }
        await stop.CancelAsync();
        await writing;
    }

    [Fact]
    public async Task A_damaged_file_is_named_and_nothing_is_restored()
    {
        await Backup.CreateAsync(Source, null, Ct);
        var pack = Backup.Open(null).Manifest.Files.Single(f => f.Path.EndsWith(".pack", StringComparison.Ordinal));
        File.WriteAllText(_folder.Of("backup", "objects", pack.Sha256.Hex[..2], pack.Sha256.Hex), "first pacc");
        Assert.Equal(["objects/packs/p-1.pack"], await Backup.VerifyAsync(null, Ct));
        var error = await Assert.ThrowsAsync<TemperException>(() => Backup.RestoreAsync(null, _folder.Of("again"), null, Ct));
        Assert.Equal("backup_damaged", error.Code);
        Assert.False(Directory.Exists(_folder.Of("again")));
    }

    [Fact]
    public async Task Nothing_is_restored_over_what_is_there()
    {
        await Backup.CreateAsync(Source, null, Ct);
        Assert.Equal("backup_occupied", (await Assert.ThrowsAsync<TemperException>(() => Backup.RestoreAsync(null, _folder.Of("home"), null, Ct))).Code);
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("/etc/cron.d/x")]
    [InlineData("a/../../b")]
    [InlineData("")]
    public async Task A_manifest_that_leads_out_of_the_target_is_refused(string path)
    {
        var name = (await Backup.CreateAsync(Source, null, Ct)).Snapshot;
        var manifest = _folder.Of("backup", "snapshots", name + ".json");
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("\"HEAD\"", $"\"{path}\"", StringComparison.Ordinal));
        Assert.Equal("backup_damaged", (await Assert.ThrowsAsync<TemperException>(() => Backup.RestoreAsync(null, _folder.Of("again"), null, Ct))).Code);
    }

    [Fact]
    public async Task Old_snapshots_go_with_the_files_that_only_they_named()
    {
        await Backup.CreateAsync(Source, null, Ct);
        File.Delete(_folder.Of("home", "objects", "packs", "p-1.pack"));
        Write("objects/packs/p-2.pack", "second");
        var kept = (await Backup.CreateAsync(Source, null, Ct)).Snapshot;
        Assert.Single(Backup.Keep(1));
        Assert.Equal([kept], Backup.List());
        Assert.Empty(await Backup.VerifyAsync(null, Ct));
        Assert.DoesNotContain("first pack", Directory.GetFiles(_folder.Of("backup", "objects"), "*", SearchOption.AllDirectories).Select(File.ReadAllText));
    }

    public Task DisposeAsync() => _db.DisposeAsync().AsTask();

    public void Dispose() => _folder.Dispose();

    private static CancellationToken Ct => CancellationToken.None;

    private BackupFolder Backup => new(_folder.Of("backup"), TimeProvider.System);

    private BackupSource Source => BackupSource.Repository(_folder.Of("home"));

    private void Write(string path, string text)
    {
        var file = _folder.Of("home", path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
