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
    public async Task A_folder_that_is_not_there_is_an_error_of_the_environment()
    {
        await using var db = Db.Sqlite(_folder.Of("missing", "temper.db"));
        var error = await Assert.ThrowsAsync<TemperException>(() => db.ExecuteAsync("create table t (id text)", null, CancellationToken.None));
        Assert.Equal(ErrorKind.Environment, error.Kind);
    }
}
