using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.References;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Registry.Http;
using Temper.Registry.Schema;
using Temper.Storage.Sql;

namespace Temper.Registry.Datasets;

/// <summary>Reads datasets and their versions. Safe from any thread.</summary>
public sealed class DatasetQueries
{
    private const string List = """
        select name, versions, latest, updated_ms, (select count(*) from work where kind = 'ingest' and work.name = listed.name and state in ('queued', 'running')) as ingesting
        from (select name, versions, latest, updated_ms from datasets union all
            select name, 0, null, max(created_ms) from work where kind = 'ingest' and state in ('queued', 'running')
                and not exists (select 1 from datasets d where d.name = work.name) group by name) listed
        """;

    private const string OfName = $"select {DatasetVersionRow.Columns} from dataset_versions where name = @name";

    private readonly Db _db;
    private readonly IBlobStore _blobs;

    internal DatasetQueries(Db db, IBlobStore blobs) => (_db, _blobs) = (db, blobs);

    /// <summary>Datasets by name, also those whose first upload is still being ingested.</summary>
    public async Task<Page<DatasetInfo>> ListAsync(string? cursor, int limit, CancellationToken ct)
    {
        limit = Paging.Limit(limit);
        var rows = await _db.QueryAsync<Row>($"{List} where name > @after order by name limit @more", new { after = cursor ?? "", more = limit + 1 }, ct);
        var infos = new List<DatasetInfo>();
        foreach (var row in rows.Take(limit))
            infos.Add(await InfoAsync(row, ct));
        return new(infos, rows.Count > limit ? rows[limit - 1].Name.ToString() : null);
    }

    /// <summary>Null when nothing was ever uploaded under that name.</summary>
    public async Task<DatasetInfo?> FindAsync(ResourceName name, CancellationToken ct) =>
        await _db.FindAsync<Row>($"{List} where name = @name", new { name }, ct) is { } row ? await InfoAsync(row, ct) : null;

    /// <summary>Newest first; null when there is no such dataset.</summary>
    public async Task<Page<DatasetVersionInfo>?> VersionsAsync(ResourceName name, string? cursor, int limit, CancellationToken ct)
    {
        if (await FindAsync(name, ct) is null)
            return null;
        limit = Paging.Limit(limit);
        var rows = await _db.QueryAsync<DatasetVersionRow>($"{OfName} and version < @before order by version desc limit @more",
            new { name, before = Paging.Number(cursor, long.MaxValue), more = limit + 1 }, ct);
        return Paging.Of(rows, limit, row => row.ToInfo(), row => $"{row.Version}");
    }

    /// <summary>Null when there is none.</summary>
    public async Task<DatasetVersionInfo?> FindAsync(ResourceName name, int version, CancellationToken ct) => (await RowAsync(name, version, ct))?.ToInfo();

    /// <summary>Records set aside, in the order of the upload; the cursor is the byte offset of the next line.</summary>
    /// <exception cref="TemperException">Codes <c>not_found</c>, <c>cursor_invalid</c>, <c>object_corrupt</c>.</exception>
    public async Task<Page<QuarantineEntry>> QuarantineAsync(ResourceName name, int version, string? cursor, int limit, CancellationToken ct)
    {
        var row = await RowAsync(name, version, ct) ?? throw await Missing.OfAsync(_db, "dataset", name, new Reference.ByVersion(name, version), ct);
        return row.ToInfo().Files.Any(file => file.Path == DatasetManifest.QuarantineName)
            ? await LinePages.ReadAsync<QuarantineEntry>(_blobs, Key(row, DatasetManifest.QuarantineName), cursor, Paging.Limit(limit), ct)
            : new([], null);
    }

    /// <summary>The version's report, of whatever format; null when it has none.</summary>
    public Task<JsonElement?> ReportAsync(ResourceName name, int version, CancellationToken ct) => DocumentAsync(name, version, [DatasetManifest.ReportName, DatasetManifest.FirstReportName], ct);

    /// <summary>The first of these files that the version has, as JSON; null when it has none of them.</summary>
    internal async Task<JsonElement?> DocumentAsync(ResourceName name, int version, IReadOnlyList<string> files, CancellationToken ct)
    {
        if (await RowAsync(name, version, ct) is not { } row || files.FirstOrDefault(file => row.ToInfo().Files.Any(f => f.Path == file)) is not { } found)
            return null;
        await using var stream = await _blobs.OpenAsync(Key(row, found), 0, null, null, ct);
        return await JsonSerializer.DeserializeAsync<JsonElement>(stream, cancellationToken: ct);
    }

    /// <summary>The version's report as a page; null when it has none.</summary>
    internal async Task<Stream?> PageAsync(ResourceName name, int version, CancellationToken ct) =>
        await RowAsync(name, version, ct) is { } row && row.ToInfo().Files.Any(f => f.Path == DatasetManifest.PageName) ? await _blobs.OpenAsync(Key(row, DatasetManifest.PageName), 0, null, null, ct) : null;

    /// <summary>The quarantined lines as they came; null when none was kept.</summary>
    internal async Task<Stream?> LinesAsync(ResourceName name, int version, CancellationToken ct)
    {
        var row = await RowAsync(name, version, ct) ?? throw await Missing.OfAsync(_db, "dataset", name, new Reference.ByVersion(name, version), ct);
        var key = BlobLayout.Quarantine(row.Name, row.VersionKey);
        return await _blobs.FindAsync(key, ct) is null ? null : await _blobs.OpenAsync(key, 0, null, null, ct);
    }

    /// <summary>Sends a file of a version, sealed or rejected.</summary>
    /// <exception cref="TemperException">Codes <c>not_found</c>, <c>blob_missing</c>.</exception>
    internal async Task SendAsync(HttpContext http, ResourceName name, int version, string path)
    {
        var ct = http.RequestAborted;
        var row = await RowAsync(name, version, ct) ?? throw await Missing.OfAsync(_db, "dataset", name, new Reference.ByVersion(name, version), ct);
        var files = row.ToInfo().Files;
        var file = files.FirstOrDefault(file => file.Path == path)
            ?? throw new TemperException("not_found", $"{name}:{version} has no file '{path}'.", $"It has {string.Join(", ", files.Take(10).Select(f => f.Path))}.");
        await VersionFile.SendAsync(http, file, (offset, length) => _blobs.OpenAsync(Key(row, path), offset, length, null, ct));
    }

    /// <summary>Trace context that the version's data came with; null when it has none.</summary>
    internal async Task<string?> TraceAsync(DatasetPin pin, CancellationToken ct) => (await RowAsync(pin.Name, pin.Version, ct))?.Traceparent;

    /// <summary>The sealed version that a reference names.</summary>
    /// <exception cref="TemperException">Codes <c>not_found</c> (naming the nearest that exists), <c>reference_invalid</c>.</exception>
    public async Task<DatasetPin> ResolveAsync(string reference, CancellationToken ct)
    {
        var parsed = Reference.Parse(reference);
        var (name, row) = parsed switch
        {
            Reference.ByVersion by => (by.Name, await RowAsync(by.Name, by.Version, ct)),
            Reference.ByAlias { Alias: "latest" } by => (by.Name, await LatestAsync(by.Name, ct)),
            Reference.ByAlias by => (by.Name, null),
            Reference.ByCommit by => (by.Name, await _db.FindAsync<DatasetVersionRow>($"{OfName} and commit_id = @commit", new { name = by.Name, commit = by.Commit }, ct)),
            _ => throw Missing.Foreign(parsed, "dataset"),
        };
        if (row is { Sealed: 0 })
            throw new TemperException("not_found", $"{name}:{row.Version} was rejected and cannot be used.", "Look at its problems, correct the data and upload it again.");
        if (row is null && parsed is Reference.ByAlias { Alias: "latest" } && await _db.ScalarAsync<long?>("select versions from datasets where name = @name", new { name }, ct) is > 0 and var rejected)
            throw new TemperException("not_found", $"{name} has no sealed version: {(rejected == 1 ? "its only one was" : $"all {rejected} were")} rejected.", "Look at the problems of the newest one, correct the data and upload it again.");
        return row?.ToPin() ?? throw await Missing.OfAsync(_db, "dataset", name, parsed, ct);
    }

    /// <summary>The recipe that every sealed version starts; null when none is bound.</summary>
    public async Task<JobRequest?> BindingAsync(ResourceName name, CancellationToken ct) =>
        Column.Read<JobRequest>(await _db.ScalarAsync<string>("select request from dataset_bindings where dataset = @name", new { name }, ct));

    private Task<DatasetVersionRow?> RowAsync(ResourceName name, long version, CancellationToken ct) =>
        _db.FindAsync<DatasetVersionRow>($"{OfName} and version = @version", new { name, version }, ct);

    private Task<DatasetVersionRow?> LatestAsync(ResourceName name, CancellationToken ct) =>
        _db.FindAsync<DatasetVersionRow>($"{OfName} and version = (select latest from datasets where name = @name)", new { name }, ct);

    private async Task<DatasetInfo> InfoAsync(Row row, CancellationToken ct) =>
        new(row.Name, (int)row.Versions, row.Latest is { } latest ? (await RowAsync(row.Name, latest, ct))!.ToInfo() : null, (int)row.Ingesting, row.UpdatedMs);

    private static BlobKey Key(DatasetVersionRow row, string file) => BlobLayout.Dataset(row.Name, row.VersionKey, file);

    private sealed record Row
    {
        public ResourceName Name { get; init; }
        public long Versions { get; init; }
        public long? Latest { get; init; }
        public long UpdatedMs { get; init; }
        public long Ingesting { get; init; }
    }
}
