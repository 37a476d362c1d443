using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Storage.Sql;

namespace Temper.Storage.Tests.Sql;

/// <summary>What the database door promises, with the same SQL text on both databases.</summary>
public abstract class DbContract
{
    private static readonly CancellationToken Ct = CancellationToken.None;

    private const string Tables = """
        create table if not exists counters (name text primary key, value bigint not null);
        create table if not exists items (id text primary key, batch text not null, digest text, owner text, taken integer not null default 0, unique (batch, id));
        create table if not exists links (item_id text not null references items (id));
        """;

    /// <summary>Opens a database that nobody has used; the function opens it again.</summary>
    protected abstract Task<Func<Db>> NewDatabaseAsync();

    [Fact]
    public async Task Two_processes_that_count_up_lose_no_step()
    {
        var open = await NewDatabaseAsync();
        await using var one = await PreparedAsync(open);
        await using var two = open();
        await one.ExecuteAsync("insert into counters (name, value) values (@name, 0)", new { name = "a" }, Ct);
        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(async () =>
        {
            for (var n = 0; n < 25; n++)
                await (i % 2 == 0 ? one : two).InTransactionAsync(async (session, ct) =>
                {
                    var value = await session.ScalarAsync<long>("select value from counters where name = @name /*for update*/", new { name = "a" }, ct);
                    await session.ExecuteAsync("update counters set value = @value where name = @name", new { name = "a", value = value + 1 }, ct);
                }, Ct);
        })));
        Assert.Equal(150, await one.ScalarAsync<long>("select value from counters where name = 'a'", null, Ct));
    }

    [Fact]
    public async Task Work_is_claimed_once_however_many_ask()
    {
        var open = await NewDatabaseAsync();
        await using var db = await PreparedAsync(open);
        for (var i = 0; i < 40; i++)
            await db.ExecuteAsync("insert into items (id, batch) values (@id, 'q')", new { id = $"i{i:D2}" }, Ct);
        var claims = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => ClaimAllAsync(db))));
        Assert.Equal(40, claims.SelectMany(c => c).Distinct().Count());
        Assert.Equal(40, claims.Sum(c => c.Count));
    }

    [Fact]
    public async Task A_transaction_that_throws_leaves_nothing()
    {
        await using var db = await PreparedAsync(await NewDatabaseAsync());
        await Assert.ThrowsAsync<InvalidOperationException>(() => db.InTransactionAsync(async (session, ct) =>
        {
            await session.ExecuteAsync("insert into items (id, batch) values ('x', 'q')", null, ct);
            throw new InvalidOperationException("changed my mind");
        }, Ct));
        Assert.Equal(0, await db.ScalarAsync<long>("select count(*) from items", null, Ct));
    }

    [Fact]
    public async Task A_transaction_that_is_cancelled_leaves_nothing_and_frees_the_door()
    {
        await using var db = await PreparedAsync(await NewDatabaseAsync());
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => db.InTransactionAsync(async (session, ct) =>
        {
            await session.ExecuteAsync("insert into items (id, batch) values ('x', 'q')", null, ct);
            await stop.CancelAsync();
            ct.ThrowIfCancellationRequested();
        }, stop.Token));
        await db.ExecuteAsync("insert into items (id, batch) values ('y', 'q')", null, Ct);
        Assert.Equal(["y"], await db.QueryAsync<string>("select id from items", null, Ct));
    }

    [Fact]
    public async Task A_duplicate_is_told_apart_from_other_errors()
    {
        await using var db = await PreparedAsync(await NewDatabaseAsync());
        const string insert = "insert into items (id, batch) values ('x', 'q')";
        await db.ExecuteAsync(insert, null, Ct);
        Assert.True(Db.IsDuplicate(await Assert.ThrowsAnyAsync<Exception>(() => db.ExecuteAsync(insert, null, Ct))));
        Assert.False(Db.IsDuplicate(await Assert.ThrowsAnyAsync<Exception>(() => db.ExecuteAsync("insert into nowhere values (1)", null, Ct))));
        Assert.Equal(0, await db.ExecuteAsync(insert + " on conflict (id) do nothing", null, Ct));
    }

    [Fact]
    public async Task A_row_may_not_point_at_nothing()
    {
        await using var db = await PreparedAsync(await NewDatabaseAsync());
        await Assert.ThrowsAnyAsync<Exception>(() => db.ExecuteAsync("insert into links (item_id) values ('nowhere')", null, Ct));
    }

    [Fact]
    public async Task Text_sorts_by_code_point_on_both()
    {
        await using var db = await PreparedAsync(await NewDatabaseAsync());
        string[] ids = ["Z", "a", "B", "_", "-", "ä", "10", "9", "é"];
        foreach (var id in ids)
            await db.ExecuteAsync("insert into items (id, batch) values (@id, 'q')", new { id }, Ct);
        Assert.Equal(ids.Order(StringComparer.Ordinal), await db.QueryAsync<string>("select id from items order by id", null, Ct));
    }

    [Fact]
    public async Task Rows_become_objects_and_ids_keep_their_type()
    {
        await using var db = await PreparedAsync(await NewDatabaseAsync());
        var digest = Digest.OfText("x");
        var name = ResourceName.Parse("support-bot");
        await db.ExecuteAsync("insert into items (id, batch, digest, owner, taken) values ('x', 'q', @digest, @name, 7)", new { digest, name }, Ct);
        await db.ExecuteAsync("insert into items (id, batch, digest) values ('y', 'q', @none)", new { none = (Digest?)null }, Ct);
        var rows = await db.QueryAsync<Item>("select id, batch, digest, owner, taken from items order by id", null, Ct);
        Assert.Equal(new Item { Id = "x", Batch = "q", Digest = digest, Owner = name, Taken = 7 }, rows[0]);
        Assert.Null(rows[1].Digest);
        Assert.Null(await db.FindAsync<Item>("select * from items where id = 'z'", null, Ct));
    }

    [Fact]
    public async Task Statements_may_return_the_rows_that_they_changed()
    {
        await using var db = await PreparedAsync(await NewDatabaseAsync());
        await db.ExecuteAsync("insert into counters (name, value) values ('n', 41)", null, Ct);
        var next = await db.InTransactionAsync((s, ct) => s.ScalarAsync<long>("update counters set value = value + 1 where name = 'n' returning value", null, ct), Ct);
        Assert.Equal(42, next);
    }

    [Fact]
    public async Task A_busy_writer_does_not_starve_the_others()
    {
        var open = await NewDatabaseAsync();
        await using var db = await PreparedAsync(open);
        await db.ExecuteAsync("insert into counters (name, value) values ('busy', 0)", null, Ct);
        using var stop = new CancellationTokenSource();
        var busy = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
                await db.ExecuteAsync("update counters set value = value + 1 where name = 'busy'", null, Ct);
        });
        for (var i = 0; i < 20; i++)
            await db.ExecuteAsync("insert into items (id, batch) values (@id, 'q')", new { id = $"{i}" }, Ct).WaitAsync(TimeSpan.FromSeconds(60));
        await stop.CancelAsync();
        await busy;
        Assert.Equal(20, await db.ScalarAsync<long>("select count(*) from items", null, Ct));
    }

    private static async Task<List<string>> ClaimAllAsync(Db db)
    {
        var claimed = new List<string>();
        while (await db.InTransactionAsync((s, ct) => s.FindAsync<string>("""
            update items set taken = 1 where id = (select id from items where taken = 0 order by id limit 1 /*for update skip locked*/) returning id
            """, null, ct), Ct) is { } id)
            claimed.Add(id);
        return claimed;
    }

    private static async Task<Db> PreparedAsync(Func<Db> open)
    {
        var db = open();
        await db.ExecuteAsync(Tables, null, Ct);
        await db.ExecuteAsync(Tables, null, Ct);
        return db;
    }

    private sealed record Item
    {
        public string Id { get; init; } = "";
        public string Batch { get; init; } = "";
        public Digest? Digest { get; init; }
        public ResourceName? Owner { get; init; }
        public int Taken { get; init; }
    }
}

[Trait("Needs", "postgresql")]
public sealed class PostgresDbTests : DbContract
{
    protected override async Task<Func<Db>> NewDatabaseAsync()
    {
        var server = await Testing.Servers.PostgresServer.SharedAsync();
        var address = await server.NewDatabaseAsync();
        return () => Db.Open(address);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_storage_unavailable_and_no_password_is_told()
    {
        await using var db = Db.Open("Host=127.0.0.1;Port=1;Username=u;Password=secret-word;Database=d;Timeout=5");
        var error = await Assert.ThrowsAsync<TemperException>(() => db.ExecuteAsync("select 1", null, CancellationToken.None));
        Assert.Equal("storage_unavailable", error.Code);
        Assert.Contains("127.0.0.1:1/d", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-word", error.Message, StringComparison.Ordinal);
    }
}
