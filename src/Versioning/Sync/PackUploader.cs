using Temper.Core.Errors;
using Temper.Core.Files;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;

namespace Temper.Versioning.Sync;

/// <summary>
/// Sends packs in pieces. A pack of which the server holds a part goes on there, whichever process sent that part. After a break the pieces are small,
/// so that the next break costs little, and grow again while all goes well.
/// </summary>
internal sealed class PackUploader(RepositoryClient client, RepositoryName repo, RetryPauses pauses, TransferMeter meter)
{
    private const int Smallest = 256 << 10, CalmPieces = 64;

    private int _piece = int.MaxValue;
    private int _calm;

    /// <exception cref="TemperException">Codes <c>corrupt_upload</c>, <c>missing_objects</c>, <c>server_unreachable</c>.</exception>
    public async Task SendAsync(Digest id, Stream content, CancellationToken ct)
    {
        var upload = await client.OpenUploadAsync(repo, new(content.Length, id), ct);
        meter.Add(upload.Received);
        while (!upload.Completed && upload.Received < upload.Size)
        {
            var before = upload.Received;
            upload = await PieceAsync(upload, content, ct);
            meter.Add(upload.Received - before);
        }
        DurableSteps.Passed("vcs.pack_sent");
        if (!upload.Completed)
            await client.CompleteAsync(repo, upload.Id, ct);
        DurableSteps.Passed("vcs.pack_taken");
    }

    private async Task<PackProgress> PieceAsync(PackProgress upload, Stream content, CancellationToken ct)
    {
        var length = Math.Min(Math.Min(_piece, upload.PartSize), upload.Size - upload.Received);
        content.Position = upload.Received;
        try
        {
            await using var piece = new RangeStream(content, length, leaveOpen: true);
            var after = await client.SendAsync(repo, upload.Id, upload.Received, piece, ct);
            pauses.Succeeded();
            if (++_calm % CalmPieces == 0)
                _piece = Math.Max(_piece, _piece > int.MaxValue / 2 ? int.MaxValue : _piece * 2);
            return after;
        }
        catch (Exception error) when (RetryPauses.IsBroken(error) || error is TemperException { Code: "upload_offset" })
        {
            (_piece, _calm) = (Smallest, 0);
            var after = await client.UploadAsync(repo, upload.Id, ct);
            if (after.Received > upload.Received)
                pauses.Succeeded();
            await pauses.FailedAsync(error, ct);
            // The server may have been writing the broken piece down while it was asked.
            return await client.UploadAsync(repo, upload.Id, ct);
        }
    }
}
