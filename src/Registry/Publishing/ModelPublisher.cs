using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Registry.Models;
using Temper.Registry.Schema;
using Temper.Registry.Work;
using Temper.Storage.Sql;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;
using Temper.Versioning.Paths;

namespace Temper.Registry.Publishing;

/// <summary>Turns the result of a job into a model version: copies the files of the current fence into packs, checking each, and commits them.</summary>
internal sealed class ModelPublisher(Db db, IBlobStore blobs, ContentStore content, ModelVersions versions, TimeProvider clock)
{
    /// <summary>Checks the result against the store and packs it.</summary>
    /// <exception cref="TemperException">Codes <c>publish_mismatch</c>, <c>invalid_json</c>.</exception>
    public async Task<Publication> PrepareAsync(WorkRow row, JsonElement body, CancellationToken ct)
    {
        var result = Documents.Read<TrainResult>(body);
        var payload = Column.Read<TrainPayload>(row.Payload)!;
        if (result.Files.Count == 0)
            throw new TemperException("publish_mismatch", $"The result of {row.Id} names no files.");
        var source = result.Files.Select(file => (file, BlobLayout.Run(row.Id, row.Fence, $"result/{file.Path}"))).ToList();
        var parent = await References.ReadAsync(db, References.OfModel(payload.Output), ct);
        var now = new Signature("temper", "", clock.GetUtcNow().ToUnixTimeMilliseconds());
        var (batch, commit) = await PackAsync(source, tree => new(tree, now, now, $"{payload.Output}: {result.Steps} steps, final loss {result.FinalLoss:G6}\n")
        {
            Parents = parent is { } one ? [one] : [],
            Run = row.Id.ToString(),
            Inputs = [.. payload.All.Select(d => $"{References.OfDataset(d.Name)}@{d.Commit}").Distinct(), $"{References.OfModel(payload.Base.Name)}@{payload.Base.Commit}"],
        }, ct);
        return new(batch, async (locked, session, events, token) =>
        {
            var version = await versions.AddAsync(Describe(locked, payload, result, commit), parent, session, events, token);
            return new WorkOutcome(WorkState.Completed, version.Name, (int)version.Version, version.CommitId);
        });
    }

    /// <summary>Packs files out of blobs and commits them in the batch, not yet stored.</summary>
    /// <exception cref="TemperException">Code <c>publish_mismatch</c>: a blob is missing or not what was announced.</exception>
    public async Task<(ContentBatch Batch, Digest Commit)> PackAsync(IEnumerable<(FileEntry File, BlobKey Key)> source, Func<Digest, Commit> describe, CancellationToken ct)
    {
        var batch = content.NewBatch();
        try
        {
            var files = new Dictionary<SafePath, StoredFile>();
            foreach (var (file, key) in source)
                files[SafePath.Parse(file.Path)] = await AddAsync(batch, file, key, ct);
            return (batch, batch.AddCommit(describe(batch.AddTree(files))));
        }
        catch
        {
            await batch.DisposeAsync();
            throw;
        }
    }

    private async Task<StoredFile> AddAsync(ContentBatch batch, FileEntry file, BlobKey key, CancellationToken ct)
    {
        try
        {
            await using var stream = await blobs.OpenAsync(key, 0, null, null, ct);
            var stored = await batch.AddFileAsync(stream, ct);
            if (stored.Id == file.Sha256 && stored.Size == file.Size)
                return stored;
            throw new TemperException("publish_mismatch", $"{file.Path} has {stored.Size} bytes with digest {stored.Id.Short}; announced were {file.Size} with {file.Sha256.Short}.");
        }
        catch (TemperException e) when (e.Code == "blob_missing")
        {
            throw new TemperException("publish_mismatch", $"{file.Path} was announced and is not in the store.", inner: e);
        }
    }

    private ModelVersionRow Describe(WorkRow row, TrainPayload payload, TrainResult result, Digest commit)
    {
        var metrics = new SortedDictionary<string, double>(StringComparer.Ordinal) { ["final_loss"] = result.FinalLoss, ["steps"] = result.Steps };
        if (result.EvalLoss is { } eval)
            metrics["eval_loss"] = eval;
        return new()
        {
            Name = payload.Output,
            CommitId = commit,
            Digest = ModelDigest.Of(result.Files),
            Files = Column.Json(result.Files.OrderBy(f => f.Path, StringComparer.Ordinal))!,
            Base = result.Adapter ? Column.Json(payload.Base) : null,
            Lineage = Column.Json(new Lineage(row.Id, payload.Dataset, payload.Base, payload.RecipeDigest, result.CodeVersion, result.NumericsId, payload.Datasets, result.Substituted, result.Plugins) { Sweep = payload.Sweep, Validation = payload.Validation, From = result.From }),
            Metrics = Column.Json(metrics)!,
            Metadata = result.Metadata?.GetRawText(),
            JobId = row.Id.ToString(),
            Traceparent = row.Traceparent,
            CreatedMs = clock.GetUtcNow().ToUnixTimeMilliseconds(),
        };
    }
}
