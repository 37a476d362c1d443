using System.Diagnostics;
using System.Security.Cryptography;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Registry.Events;
using Temper.Registry.Schema;
using Temper.Storage.Sql;

namespace Temper.Registry.Uploads;

/// <summary>A file that arrives whole in one request, such as by curl: nobody has announced its size or hash, so what arrived is what counts.</summary>
internal sealed class SingleFiles(Journal journal, IBlobStore blobs, UploadCompletion completion, UploadedFiles files, RegistryOptions options, TimeProvider clock)
{
    private const string Insert = """
        insert into uploads (id, kind, name, files_digest, state, work_id, traceparent, created_ms, touched_ms)
        values (@id, 'dataset', @name, @digest, 'completed', @work, @traceparent, @now, @now)
        """;

    /// <summary>A file that is stored and that nobody knows of yet.</summary>
    /// <param name="Upload">Its upload to be.</param>
    /// <param name="File">Where it lies, and what arrived.</param>
    public sealed record Arrived(UploadRow Upload, UploadFileRow File)
    {
        public ResourceName Dataset => Upload.Name;
    }

    /// <summary>Stores the file and queues its ingestion.</summary>
    /// <exception cref="TemperException">Code <c>upload_too_large</c>, and those of <see cref="UploadNames.Check"/>.</exception>
    public async Task<UploadReceipt> PutAsync(ResourceName dataset, string path, Stream body, CancellationToken ct) =>
        await QueueAsync(await ArriveAsync(dataset, path, body, ct), null, ct);

    /// <summary>Stores the file.</summary>
    /// <exception cref="TemperException">Code <c>upload_too_large</c>, and those of <see cref="UploadNames.Check"/>.</exception>
    public async Task<Arrived> ArriveAsync(ResourceName dataset, string path, Stream body, CancellationToken ct)
    {
        var upload = new UploadRow { Id = Ulid.New(clock), Name = dataset, Traceparent = Activity.Current?.Id };
        UploadNames.Check(UploadKind.Dataset, dataset, upload.Id, [new FileEntry(path, 0, Digest.Of([]))]);
        var (size, digest, version) = await StoreAsync(BlobLayout.Upload(dataset, upload.Id, path), body, ct);
        return new(upload, new UploadFileRow { UploadId = upload.Id, Path = path, Size = size, Sha256 = digest, Received = size, Version = version });
    }

    /// <summary>Queues the ingestion of a stored file; <paramref name="also"/> writes in the same transaction.</summary>
    public async Task<UploadReceipt> QueueAsync(Arrived arrived, Func<DbSession, string, CancellationToken, Task>? also, CancellationToken ct)
    {
        var (upload, row) = (arrived.Upload, arrived.File);
        await files.MarkAsync(upload, [row], ct);
        var work = await journal.WriteAsync(async (session, events, token) =>
        {
            var id = await completion.QueueAsync(upload, [row], session, events, token);
            await session.ExecuteAsync(Insert, new
            {
                id = upload.Id,
                name = upload.Name,
                digest = CanonicalJson.DigestOf(Wire.ToElement(new[] { row.Entry })),
                work = id,
                traceparent = upload.Traceparent,
                now = clock.GetUtcNow().ToUnixTimeMilliseconds(),
            }, token);
            await session.ExecuteAsync(UploadFileRow.Insert, row, token);
            if (also is not null)
                await also(session, id, token);
            return id;
        }, ct);
        DurableSteps.Passed("upload.completed");
        return new(upload.Id, WorkId.Parse(work), null);
    }

    private async Task<(long Size, Digest Digest, string? Version)> StoreAsync(BlobKey key, Stream body, CancellationToken ct)
    {
        var token = await blobs.BeginPartsAsync(key, ct);
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var (parts, size, buffer) = (new List<BlobPart>(), 0L, new byte[UploadSessions.PartSize]);
            int length;
            while ((length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ct)) > 0)
            {
                if ((size += length) > options.LargestFile)
                    throw new TemperException("upload_too_large", $"{key.Name} has more than {options.LargestFile} bytes.");
                hash.AppendData(buffer, 0, length);
                parts.Add(await blobs.StagePartAsync(key, token, parts.Count + 1, new MemoryStream(buffer, 0, length, writable: false), ct));
                DurableSteps.Passed("upload.part_stored");
                RegistryTelemetry.UploadedBytes.Add(length);
            }
            var made = parts.Count > 0 ? await blobs.CommitPartsAsync(key, token, parts, ct) : await blobs.CreateAsync(key, Stream.Null, ct);
            if (parts.Count == 0)
                await blobs.AbandonPartsAsync(key, token, ct);
            return (size, Digest.FromHash(hash.GetHashAndReset()), made?.ETag);
        }
        catch
        {
            await blobs.AbandonPartsAsync(key, token, CancellationToken.None);
            throw;
        }
    }
}
