using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Registry.Schema;
using Temper.Storage.Sql;

namespace Temper.Registry.Datasets;

/// <summary>How versions were built: told by who built them, kept beside the version, no part of it. Safe from any thread.</summary>
public sealed class DatasetBuilds
{
    private const int MostStages = 100;

    private const string Put = """
        insert into dataset_builds (name, version, facts, created_ms)
        select v.name, v.version, @facts, @now from dataset_versions v where v.name = @name and v.version = @version
        on conflict (name, version) do update set facts = @facts, created_ms = @now
        """;

    private readonly Db _db;
    private readonly TimeProvider _clock;

    internal DatasetBuilds(Db db, TimeProvider clock) => (_db, _clock) = (db, clock);

    /// <summary>Keeps it; the last one counts.</summary>
    /// <exception cref="TemperException">Codes <c>not_found</c>, <c>request_invalid</c>.</exception>
    public async Task PutAsync(ResourceName name, int version, DatasetBuild build, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(build);
        if (build.Stages.Count > MostStages)
            throw new TemperException("request_invalid", $"A build has {build.Stages.Count} stages; {MostStages} are kept.");
        var facts = Column.Json(build);
        var now = _clock.GetUtcNow().ToUnixTimeMilliseconds();
        if (await _db.InTransactionAsync((session, token) => session.ExecuteAsync(Put, new { name, version, facts, now }, token), ct) == 0)
            throw new TemperException("not_found", $"There is no dataset {name}:{version}.");
    }

    /// <summary>Null when the version was not built from a configuration.</summary>
    public async Task<DatasetBuild?> FindAsync(ResourceName name, int version, CancellationToken ct) =>
        Column.Read<DatasetBuild>((await _db.FindAsync<Row>("select facts from dataset_builds where name = @name and version = @version", new { name, version }, ct))?.Facts);

    private sealed record Row
    {
        public string? Facts { get; init; }
    }
}
