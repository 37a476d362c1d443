using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Storage.Sql;
using Temper.Versioning.Content;
using Temper.Versioning.Sync;

namespace Temper.Registry.Repositories;

/// <summary>
/// Makes a pack of an upload's pieces: looks through all of it, puts it into the store, then into the catalogue in one transaction. Recipes count last,
/// when the files that they describe were read and have the digests that name them.
/// </summary>
internal sealed class PackCompletion(Db db, IBlobStore blobs, ContentStore content, PackUploads uploads)
{
    private readonly SharedRuns<string, PackProgress> _running = new();

    /// <summary>Completes the upload; asking again gives the same answer.</summary>
    /// <exception cref="TemperException">Codes <c>upload_incomplete</c>, <c>corrupt_upload</c> (the pack begins anew), <c>missing_objects</c>, <c>not_found</c>.</exception>
    public Task<PackProgress> CompleteAsync(RepositoryRow repo, string id, CancellationToken ct) => _running.RunAsync(id, () => RunAsync(repo, id), ct);

    private async Task<PackProgress> RunAsync(RepositoryRow repo, string id)
    {
        var ct = CancellationToken.None;
        var upload = await uploads.GetAsync(repo, id, ct);
        if (upload.State == "completed")
            return upload.Progress;
        if (upload.Received != upload.Size)
            throw new TemperException("upload_incomplete", $"{upload.Received} of {upload.Size} bytes of the pack {upload.Sha256.Short} have arrived.");
        await using var file = await JoinAsync(upload, ct);
        try
        {
            var pack = await ReceivedPack.ReadAsync(file, upload.Sha256, ct);
            await KeepAsync(pack, file, ct);
            await uploads.EndAsync(id, "completed", ct);
            return (upload with { State = "completed" }).Progress;
        }
        catch (TemperException error) when (error.Code == "corrupt_upload")
        {
            await uploads.EndAsync(id, "open", ct);
            throw;
        }
    }

    private async Task KeepAsync(ReceivedPack pack, Stream file, CancellationToken ct)
    {
        try
        {
            await using var batch = content.NewBatch();
            batch.AddPack(pack);
            file.Position = 0;
            await content.ClaimPackAsync(pack.Pack.Id, ct);
            await blobs.CreateAsync(BlobLayout.Pack(pack.Pack.Id), file, ct);
            DurableSteps.Passed("repo.pack_written");
            await batch.StoreAsync(ct);
            await db.InTransactionAsync(batch.RecordAsync, ct);
            DurableSteps.Passed("repo.pack_recorded");
            await content.AdmitAsync(pack.Recipes, ct);
        }
        catch (TemperException error) when (error.Code == "object_missing")
        {
            throw new TemperException("missing_objects", error.Problems[0].Message, inner: error);
        }
    }

    private async Task<FileStream> JoinAsync(PackUploadRow upload, CancellationToken ct)
    {
        var file = new FileStream(Path.Combine(content.Scratch, Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16,
            FileOptions.DeleteOnClose | FileOptions.Asynchronous);
        try
        {
            foreach (var piece in await uploads.PiecesAsync(upload.Id, ct))
            {
                await using var stream = await blobs.OpenAsync(BlobKey.Parse(piece.BlobKey), 0, null, null, ct);
                await stream.CopyToAsync(file, ct);
            }
            return file;
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }
}
