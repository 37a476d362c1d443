using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;

namespace Temper.Ingest;

/// <summary>
/// Puts the entries of an upload's archives in their place, as files <c>archive.zip!/inner.jsonl</c>. What an archive holds is committed, because to
/// find it out a compressed one is unpacked to its end.
/// </summary>
internal sealed class ArchiveExpansion(IBlobStore blobs, ArchiveLimits limits, TimeProvider clock)
{
    /// <summary>Changes whenever the same archive could be judged otherwise.</summary>
    private const string Version = "2";

    /// <summary>The same upload with its archives opened.</summary>
    public async Task<SortedUpload> ExpandAsync(SortedUpload upload, CancellationToken ct)
    {
        if (!upload.Data.Any(IsArchive))
            return upload;
        var (data, notData, unreadable) = (new List<SourceFile>(), new List<string>(upload.NotData), new List<Problem>(upload.Unreadable));
        foreach (var file in upload.Data)
        {
            if (!IsArchive(file))
            {
                data.Add(file);
                continue;
            }
            var listing = await ListAsync(file, ct).ConfigureAwait(false);
            data.AddRange(listing.Files.Select(entry => new SourceFile($"{file.Path}!/{entry.Name}", file.Upload, entry)));
            notData.AddRange(listing.NotData);
            unreadable.AddRange(listing.Problems);
        }
        return upload with { Data = data, NotData = notData, Unreadable = unreadable };
    }

    private static bool IsArchive(SourceFile file) => FileNames.KindOf(file.Path) is FileKind.Zip or FileKind.Tar;

    private async Task<ArchiveListing> ListAsync(SourceFile file, CancellationToken ct)
    {
        var stage = new StageBlobs(blobs, Digest.OfText($"archive\n{Version}\n{file.Path}\n{file.Sha256.Hex}\n{limits}"));
        await stage.MarkUsedAsync(clock, ct).ConfigureAwait(false);
        return await stage.FindAsync<ArchiveListing>("archive.json", ct).ConfigureAwait(false)
            ?? await stage.CommitAsync("archive.json", ArchiveListing.Of(file.Path, await ReadAsync(file, ct).ConfigureAwait(false), limits), "ingest.archive_listed", ct).ConfigureAwait(false);
    }

    private async Task<ArchiveDirectory> ReadAsync(SourceFile file, CancellationToken ct)
    {
        var blob = await PinnedBlob.FindAsync(blobs, file.Upload, ct).ConfigureAwait(false);
        await using var bytes = new UploadedBlob(blob, file.Path);
        var sample = await bytes.SampleAsync(ct).ConfigureAwait(false);
        if ((bytes.Fault ?? FileSniffer.Decide(file.Path, sample.Span).Fault) is { } fault)
            return new([], fault);
        return FileNames.KindOf(file.Path) == FileKind.Zip
            ? await new ZipDirectory(blob, limits).ReadAsync(ct).ConfigureAwait(false)
            : await new TarDirectory(blob, bytes.Packing, limits).ReadAsync(ct).ConfigureAwait(false);
    }
}
