using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Work;
using Temper.Registry.Datasets;
using Temper.Registry.Schema;
using Temper.Registry.Work;
using Temper.Storage.Sql;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;
using Temper.Versioning.Paths;

namespace Temper.Registry.Publishing;

/// <summary>Turns what ingestion sealed or rejected into a dataset version. The files stay where ingestion wrote them; the commit names them by digest.</summary>
internal sealed class DatasetPublisher(Db db, IBlobStore blobs, ContentStore content, BoundRecipes recipes, TimeProvider clock)
{
    private const string SameKey = $"select {DatasetVersionRow.Columns} from dataset_versions where name = @name and version_key = @key";

    private const string Number = """
        insert into datasets (name, versions, created_ms, updated_ms) values (@name, 1, @now, @now)
        on conflict (name) do update set versions = datasets.versions + 1, updated_ms = @now returning versions
        """;

    /// <summary>Checks the result against the store.</summary>
    /// <exception cref="TemperException">Codes <c>ledger_open</c>, <c>publish_mismatch</c>, <c>invalid_json</c>.</exception>
    public async Task<Publication> PrepareAsync(WorkRow row, JsonElement body, CancellationToken ct)
    {
        var result = Documents.Read<IngestResult>(body);
        Check(row, result);
        if (await db.FindAsync<DatasetVersionRow>(SameKey, new { name = result.Dataset, key = result.VersionKey }, ct) is { } existing)
            return Existing(existing, result);
        var batch = content.NewBatch();
        try
        {
            var files = await AddFilesAsync(batch, result, ct);
            if (!result.Sealed)
                return new(batch, (locked, session, events, token) => RecordAsync(new(locked, result, null, null, null, null), session, events, token));
            await CheckManifestAsync(result, ct);
            var parent = await References.ReadAsync(db, References.OfDataset(result.Dataset), ct);
            var commit = batch.AddCommit(Describe(row, result, batch.AddTree(files), parent));
            var bound = await recipes.FindAsync(result.Dataset, ct);
            return new(batch, (locked, session, events, token) => RecordAsync(new(locked, result, Manifest(result), commit, parent, bound), session, events, token));
        }
        catch
        {
            await batch.DisposeAsync();
            throw;
        }
    }

    private static void Check(WorkRow row, IngestResult result)
    {
        var payload = Column.Read<IngestPayload>(row.Payload)!;
        if (payload.Dataset != result.Dataset)
            throw Mismatch($"{row.Id} ingests {payload.Dataset}, its result names {result.Dataset}.");
        if (!result.Ledger.Closes)
            throw new TemperException("ledger_open", $"{result.Dataset}: {result.Ledger.RecordsIn} records in, but {result.Ledger.Accepted} accepted + {result.Ledger.Quarantined} "
                + $"quarantined + {result.Ledger.Duplicates} duplicates + {result.Ledger.Filtered} filtered.");
        if (result.VersionKey.Length is 0 or > 64 || !result.VersionKey.All(char.IsAsciiHexDigitLower))
            throw Mismatch($"'{result.VersionKey}' is not a version key: expected up to 64 lower-case hex digits.");
        if (result.Sealed && result.Files.Count(f => f.Path == DatasetManifest.FileName) != 1)
            throw Mismatch($"The sealed version {result.VersionKey} of {result.Dataset} has no {DatasetManifest.FileName}.");
    }

    private static async Task<Dictionary<SafePath, StoredFile>> AddFilesAsync(ContentBatch batch, IngestResult result, CancellationToken ct)
    {
        var files = new Dictionary<SafePath, StoredFile>();
        foreach (var file in result.Files)
        {
            try
            {
                files[SafePath.Parse(file.Path)] = await batch.AddExternalAsync(BlobLayout.Dataset(result.Dataset, result.VersionKey, file.Path), new(file.Sha256, file.Size), ct);
            }
            catch (TemperException e) when (e.Code is "blob_missing" or "object_corrupt")
            {
                throw Mismatch($"{file.Path} of {result.Dataset}, version {result.VersionKey}, is not what was announced: {e.Message}", e);
            }
        }
        return files;
    }

    private async Task CheckManifestAsync(IngestResult result, CancellationToken ct)
    {
        await using var stream = await blobs.OpenAsync(BlobLayout.Dataset(result.Dataset, result.VersionKey, DatasetManifest.FileName), 0, null, null, ct);
        var manifest = await JsonSerializer.DeserializeAsync<DatasetManifest>(stream, Wire.Json, ct);
        if (manifest is null || manifest.Dataset != result.Dataset || manifest.VersionKey != result.VersionKey || manifest.Ledger != result.Ledger)
            throw Mismatch($"The manifest of {result.Dataset}, version {result.VersionKey}, names another dataset, version or ledger than the result.");
    }

    private Commit Describe(WorkRow row, IngestResult result, Digest tree, Digest? parent)
    {
        var now = new Signature("temper", "", clock.GetUtcNow().ToUnixTimeMilliseconds());
        return new(tree, now, now, $"{result.Dataset}: {result.Ledger.Accepted} record{(result.Ledger.Accepted == 1 ? "" : "s")} of {result.Ledger.RecordsIn}, key {result.VersionKey}\n")
        {
            Parents = parent is { } one ? [one] : [],
            Run = row.Id.ToString(),
        };
    }

    /// <summary>Ingesting the same upload again made the same version: the row ends with the one that exists.</summary>
    private static Publication Existing(DatasetVersionRow existing, IngestResult result)
    {
        if (existing.Sealed != 0 != result.Sealed || existing.Manifest != (result.Sealed ? Manifest(result)?.Hex : null))
            throw Mismatch($"{result.Dataset}:{existing.Version} has the same key {result.VersionKey} and other content.");
        return new(null, (_, _, _, _) => Task.FromResult(Outcome(existing)));
    }

    private async Task<WorkOutcome> RecordAsync(NewVersion made, DbSession session, Events.EventDrafts events, CancellationToken ct)
    {
        var (row, result) = (made.Row, made.Result);
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var number = await session.ScalarAsync<long>(Number, new { name = result.Dataset, now }, ct);
        if (await session.FindAsync<DatasetVersionRow>(SameKey, new { name = result.Dataset, key = result.VersionKey }, ct) is not null)
            throw new ReferenceMovedException(result.Dataset.ToString());
        var version = new DatasetVersionRow
        {
            Name = result.Dataset,
            Version = number,
            VersionKey = result.VersionKey,
            Sealed = result.Sealed ? 1 : 0,
            CommitId = made.Commit?.Hex,
            Manifest = made.Manifest?.Hex,
            Ledger = Column.Json(result.Ledger)!,
            Codes = Column.Json(result.Codes)!,
            Files = Column.Json(result.Files)!,
            Problems = Column.Json(result.Problems.Concat(made.Bound?.Problems ?? []))!,
            WorkId = row.Id,
            Traceparent = row.Traceparent,
            CreatedMs = now,
        };
        await session.ExecuteAsync(DatasetVersionRow.Insert, version, ct);
        if (made.Commit is { } commit)
        {
            await References.MoveAsync(session, References.OfDataset(result.Dataset), made.Parent, commit, now, ct);
            await session.ExecuteAsync("update datasets set latest = @number where name = @name", new { number, name = result.Dataset }, ct);
        }
        events.Add(result.Sealed ? "dataset.sealed" : "dataset.rejected", $"dataset/{result.Dataset}",
            new { name = result.Dataset, version = number, work = row.Id, commit = made.Commit, ledger = result.Ledger }, row.Traceparent);
        if (made.Bound is { } bound && made.Commit is not null)
            await recipes.StartAsync(bound, version.ToPin(), row.Traceparent, session, events, ct);
        RegistryTelemetry.Versions.Add(1, new KeyValuePair<string, object?>("kind", "dataset"));
        return Outcome(version);
    }

    private static WorkOutcome Outcome(DatasetVersionRow version) =>
        new(WorkState.Completed, version.Name, (int)version.Version, version.CommitId is null ? null : Digest.Parse(version.CommitId));

    private static Digest? Manifest(IngestResult result) => result.Files.FirstOrDefault(f => f.Path == DatasetManifest.FileName)?.Sha256;

    private static TemperException Mismatch(string message, Exception? inner = null) => new("publish_mismatch", message, inner: inner);

    private sealed record NewVersion(WorkRow Row, IngestResult Result, Digest? Manifest, Digest? Commit, Digest? Parent, BoundRecipe? Bound);
}
