using Temper.Core.Ids;
using Temper.Storage.Sql;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.Care;

/// <summary>
/// Since when objects have had nothing that leads to them, as collecting found: an object goes only when two marks at least the time of grace apart
/// both found it dead.
/// </summary>
internal sealed class DeadObjects(Db db)
{
    private const string Table = "create table if not exists dead_objects (id text primary key, since_ms bigint not null) without rowid";

    /// <summary>When each dead object was first found dead; those found for the first time are found <paramref name="nowMs"/>.</summary>
    public async Task<Dictionary<Digest, long>> SinceAsync(IReadOnlySet<Digest> dead, long nowMs, CancellationToken ct)
    {
        await db.ExecuteAsync(Table, null, ct);
        var known = await db.ReadAsync((session, _) =>
        {
            using var command = session.NewCommand("select id, since_ms from dead_objects");
            using var reader = command.ExecuteReader();
            var found = new Dictionary<Digest, long>();
            while (reader.Read())
                if (Digest.Parse(reader.GetString(0)) is var id && dead.Contains(id))
                    found.Add(id, reader.GetInt64(1));
            return Task.FromResult(found);
        }, ct);
        foreach (var id in dead)
            known.TryAdd(id, nowMs);
        return known;
    }

    /// <summary>Keeps exactly these for the next mark.</summary>
    public Task KeepAsync(IEnumerable<KeyValuePair<Digest, long>> dead, CancellationToken ct) => db.InTransactionAsync((session, _) =>
    {
        using var clear = session.NewCommand("delete from dead_objects");
        clear.ExecuteNonQuery();
        using var insert = session.NewCommand("insert into dead_objects (id, since_ms) values (@id, @since)");
        foreach (var (id, since) in dead)
            insert.With("@id", id.Hex).With("@since", since).ExecuteNonQuery();
        return Task.CompletedTask;
    }, ct);
}
