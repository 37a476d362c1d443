using Temper.Core.Errors;
using Temper.Storage.Sql;
using Temper.Testing;

namespace Temper.Storage.Tests.Sql;

public sealed class SqliteDbTests : DbContract, IDisposable
{
    private readonly TempFolder _folder = new();

    protected override Task<Func<Db>> NewDatabaseAsync() => Task.FromResult(() => Db.Open(_folder.Of("temper.db")));

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("journal_mode", "wal")]
    [InlineData("synchronous", "2")]
    [InlineData("busy_timeout", "30000")]
    [InlineData("foreign_keys", "1")]
    public async Task Every_connection_has_the_settings_that_durability_rests_on(string pragma, string value)
    {
        await using var db = Db.Sqlite(_folder.Of("temper.db"));
        await db.ExecuteAsync("create table t (id text)", null, CancellationToken.None);
        Assert.Equal(value, await db.ScalarAsync<string>($"pragma {pragma}", null, CancellationToken.None));
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_named()
    {
        await File.WriteAllTextAsync(_folder.Of("temper.db"), new string('x', 4096));
        await using var db = Db.Sqlite(_folder.Of("temper.db"));
        var error = await Assert.ThrowsAsync<TemperException>(() => db.ExecuteAsync("create table t (id text)", null, CancellationToken.None));
        Assert.Equal("object_corrupt", error.Code);
        Assert.Contains(_folder.Of("temper.db"), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_transaction_that_finds_the_disk_full_says_so_leaves_nothing_and_the_next_one_works()
    {
        await using var db = Db.Sqlite(_folder.Of("temper.db"));
        await db.ExecuteAsync("create table t (id text)", null, CancellationToken.None);
        var error = await Assert.ThrowsAsync<TemperException>(() => db.InTransactionAsync(async (session, ct) =>
        {
            await session.ExecuteAsync("insert into t values ('small')", null, ct);
            await session.ExecuteAsync("pragma max_page_count = 1", null, ct);
            await session.ExecuteAsync("insert into t values (@text)", new { text = new string('x', 1 << 20) }, ct);
        }, CancellationToken.None));
        Assert.Equal("disk_full", error.Code);
        Assert.Equal(0, await db.ScalarAsync<long>("select count(*) from t", null, CancellationToken.None));
        await db.InTransactionAsync((session, ct) => session.ExecuteAsync("insert into t values ('again')", null, ct), CancellationToken.None);
        Assert.Equal(1, await db.ScalarAsync<long>("select count(*) from t", null, CancellationToken.None));
    }

    [Fact]
    public async Task A_folder_that_is_not_there_is_an_error_of_the_environment()
    {
        await using var db = Db.Sqlite(_folder.Of("missing", "temper.db"));
        var error = await Assert.ThrowsAsync<TemperException>(() => db.ExecuteAsync("create table t (id text)", null, CancellationToken.None));
        Assert.Equal(ErrorKind.Environment, error.Kind);
    }
}
