using Temper.Core.Blobs;
using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>Opens files of an upload as rows.</summary>
internal sealed class RowOpener(IBlobStore blobs, DatasetConfig config) : IAsyncDisposable
{
    /// <summary>The rows of a file from a place between two of them.</summary>
    /// <param name="file">Of the plan.</param>
    /// <param name="offset">0, or the <see cref="RowFeed.Offset"/> of an earlier feed.</param>
    /// <param name="rows">0, or the <see cref="RowFeed.RowsRead"/> of that feed.</param>
    /// <param name="ct">Stops it.</param>
    /// <exception cref="TemperException">Code <c>SRC_CHANGED</c> when the blob is not the one that was uploaded.</exception>
    public async Task<RowFeed> OpenAsync(SourceFile file, long offset, long rows, CancellationToken ct)
    {
        var blob = await PinnedBlob.FindAsync(blobs, file.Upload, ct).ConfigureAwait(false);
        var data = new UploadedBlob(blob, file.Path);
        var sample = await data.SampleAsync(ct).ConfigureAwait(false);
        // Where the packing is broken from the begin on, that is what is wrong, not what the bytes look like.
        var (kind, fault) = data.Fault is null ? FileSniffer.Decide(file.Path, sample.Span) : (FileKind.Lines, null);
        if (fault is not null)
        {
            await data.DisposeAsync().ConfigureAwait(false);
            return new FaultFeed(fault);
        }
        return kind switch
        {
            FileKind.Array => new JsonArrayFeed(data, await data.OpenAsync(offset, ct).ConfigureAwait(false), config.MaxLineBytes, offset, rows),
            FileKind.CommaTable => await CsvFeed.OpenAsync(data, (byte)',', config, offset, rows, ct).ConfigureAwait(false),
            FileKind.TabTable => await CsvFeed.OpenAsync(data, (byte)'\t', config, offset, rows, ct).ConfigureAwait(false),
            FileKind.Text => TextFeed.Open(data, await data.OpenAsync(offset, ct).ConfigureAwait(false), config, offset, rows),
            FileKind.Parquet => await ParquetAsync(file, data).ConfigureAwait(false),
            _ => new LineFeed(data, new LineReader(await data.OpenAsync(offset, ct).ConfigureAwait(false), config.MaxLineBytes, offset, rows)),
        };
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static async Task<RowFeed> ParquetAsync(SourceFile file, DataFile data)
    {
        await data.DisposeAsync().ConfigureAwait(false);
        return new FaultFeed(new("FILE_UNSUPPORTED", $"'{file.Path}' is Parquet, which cannot be read yet."));
    }
}
