using System.Diagnostics;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Registry.Events;
using Temper.Registry.Models;
using Temper.Registry.Publishing;
using Temper.Registry.Schema;
using Temper.Storage.Sql;
using Temper.Versioning.Objects;

namespace Temper.Registry.Uploads;

/// <summary>Makes a model version of an upload, as it is. The same files under the same name are one version, however often they are uploaded.</summary>
internal sealed class ModelImport(Db db, Journal journal, ModelPublisher publisher, ModelVersions versions, ModelQueries queries, TimeProvider clock)
{
    private const int Tries = 5;
    private const string Same = $"select {ModelVersionRow.Columns} from model_versions where name = @Name and digest = @Digest and job_id is null";

    private const string End = """
        update uploads set state = 'completed', model_version = @version, kept = 0, touched_ms = @now where id = @id and state = 'open'
        """;

    /// <summary>Ends the upload with the version that it became.</summary>
    public async Task RunAsync(UploadRow upload, IReadOnlyList<UploadFileRow> rows, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await TryAsync(upload, rows, ct);
                return;
            }
            catch (ReferenceMovedException) when (attempt < Tries)
            {
                // Pack again on top of the version that came in between.
            }
        }
    }

    public Task<ModelVersionInfo?> VersionAsync(ResourceName name, int version) => queries.FindAsync(name, version, CancellationToken.None);

    private async Task TryAsync(UploadRow upload, IReadOnlyList<UploadFileRow> rows, CancellationToken ct)
    {
        var files = rows.Select(row => row.Entry).OrderBy(file => file.Path, StringComparer.Ordinal).ToList();
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var parent = await References.ReadAsync(db, References.OfModel(upload.Name), ct);
        var author = new Signature("temper", "", now);
        var (batch, commit) = await publisher.PackAsync(rows.Select(row => (row.Entry, row.Key(upload))), tree => new Commit(tree, author, author, $"{upload.Name}: imported, upload {upload.Id}\n")
        {
            Parents = parent is { } one ? [one] : [],
        }, ct);
        await using var _ = batch;
        var version = new ModelVersionRow
        {
            Name = upload.Name,
            CommitId = commit,
            Digest = ModelDigest.Of(files),
            Files = Column.Json(files)!,
            Traceparent = upload.Traceparent ?? Activity.Current?.Id,
            CreatedMs = now,
        };
        await batch.StoreAsync(ct);
        DurableSteps.Passed("publish.pack_written");
        await journal.WriteAsync(async (session, events, token) =>
        {
            var same = await session.FindAsync<ModelVersionRow>(Same, version, token);
            if (same is null)
            {
                await batch.RecordAsync(session, token);
                same = await versions.AddAsync(version, parent, session, events, token);
            }
            if (await session.ExecuteAsync(End, new { id = upload.Id, version = same.Version, now }, token) == 1)
                events.Add("upload.completed", $"model/{upload.Name}", new { name = upload.Name, upload = upload.Id, files = files.Count, bytes = files.Sum(file => file.Size) }, upload.Traceparent);
            return true;
        }, ct);
        DurableSteps.Passed("publish.committed");
    }
}
