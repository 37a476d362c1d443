using Temper.Core.Ids;
using Temper.Storage.Sql;

namespace Temper.Registry.Publishing;

/// <summary>Where each dataset and model stands: <c>datasets/NAME</c> and <c>models/NAME</c>, moved by compare and swap.</summary>
internal static class References
{
    private const string Move = "update refs set target = @next, version = version + 1, updated_ms = @now where name = @name and target = @seen";
    private const string Create = "insert into refs (name, target, version, updated_ms) values (@name, @next, 1, @now) on conflict (name) do nothing";

    public static string OfDataset(ResourceName name) => $"datasets/{name}";

    public static string OfModel(ResourceName name) => $"models/{name}";

    /// <summary>Null when nothing was published under that name.</summary>
    public static async Task<Digest?> ReadAsync(Db db, string name, CancellationToken ct) =>
        await db.ScalarAsync<string>("select target from refs where name = @name", new { name }, ct) is { } target ? Digest.Parse(target) : null;

    /// <exception cref="ReferenceMovedException">It does not stand at <paramref name="seen"/> any more.</exception>
    public static async Task MoveAsync(DbSession session, string name, Digest? seen, Digest next, long now, CancellationToken ct)
    {
        var moved = seen is null
            ? await session.ExecuteAsync(Create, new { name, next, now }, ct)
            : await session.ExecuteAsync(Move, new { name, next, now, seen = seen.Value }, ct);
        if (moved == 0)
            throw new ReferenceMovedException(name);
    }
}
