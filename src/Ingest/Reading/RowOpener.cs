using Temper.Core.Blobs;
using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>Opens files of an upload as rows, one at a time. Entries of one archive share its unpacking when they are opened in its order.</summary>
internal sealed class RowOpener(IBlobStore blobs, DatasetConfig config) : IAsyncDisposable
{
    private OpenArchive? _archive;

    /// <summary>The rows of a file from a place between two of them.</summary>
    /// <param name="file">Of the plan.</param>
    /// <param name="offset">0, or the <see cref="RowFeed.Offset"/> of an earlier feed.</param>
    /// <param name="rows">0, or the <see cref="RowFeed.RowsRead"/> of that feed.</param>
    /// <param name="ct">Stops it.</param>
    /// <exception cref="TemperException">Code <c>SRC_CHANGED</c> when the blob is not the one that was uploaded.</exception>
    public async Task<RowFeed> OpenAsync(SourceFile file, long offset, long rows, CancellationToken ct)
    {
        var data = await DataAsync(file, ct).ConfigureAwait(false);
        var sample = await data.SampleAsync(ct).ConfigureAwait(false);
        var (kind, fault) = FileSniffer.Decide(file.Path, sample.Span, config is { Format: RecordFormat.Text, FormatFound: false });
        if (fault is not null)
        {
            // Where the packing is broken, that is what is wrong, not what it makes the bytes look like.
            var outer = data.Fault;
            await data.DisposeAsync().ConfigureAwait(false);
            return new FaultFeed(outer ?? fault);
        }
        return kind switch
        {
            FileKind.Array => new JsonArrayFeed(data, await data.OpenAsync(offset, ct).ConfigureAwait(false), config.MaxLineBytes, offset, rows),
            FileKind.CommaTable => await CsvFeed.OpenAsync(data, (byte)',', config, offset, rows, ct).ConfigureAwait(false),
            FileKind.TabTable => await CsvFeed.OpenAsync(data, (byte)'\t', config, offset, rows, ct).ConfigureAwait(false),
            FileKind.Text => TextFeed.Open(data, await data.OpenAsync(offset, ct).ConfigureAwait(false), config, offset, rows),
            FileKind.Parquet => await ParquetRows.OpenAsync(blobs, file, offset, rows, config.MaxLineBytes, ct).ConfigureAwait(false),
            _ => new LineFeed(data, new LineReader(await data.OpenAsync(offset, ct).ConfigureAwait(false), config.MaxLineBytes, offset, rows)),
        };
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _archive?.Tar.DisposeAsync() ?? ValueTask.CompletedTask;

    private async ValueTask<DataFile> DataAsync(SourceFile file, CancellationToken ct)
    {
        if (file.Entry is not { } entry)
            return new UploadedBlob(await PinnedBlob.FindAsync(blobs, file.Upload, ct).ConfigureAwait(false), file.Path);
        if (_archive?.Key != file.Upload.Key)
        {
            await DisposeAsync().ConfigureAwait(false);
            var blob = await PinnedBlob.FindAsync(blobs, file.Upload, ct).ConfigureAwait(false);
            _archive = new(file.Upload.Key, blob, new TarUnpacking(blob, entry.Archive == ArchiveKind.ZstdTar ? Packing.Zstd : Packing.Gzip));
        }
        return entry.Archive switch
        {
            ArchiveKind.Zip => new ZipEntryFile(_archive.Blob, entry),
            ArchiveKind.Tar => new TarEntryFile(_archive.Blob, entry),
            _ => new PackedTarEntry(_archive.Tar, entry),
        };
    }

    /// <summary>The archive whose entries were opened last.</summary>
    private sealed record OpenArchive(string Key, PinnedBlob Blob, TarUnpacking Tar);
}
