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
        if (ParquetRows.IsCalled(file.Path))
            return await ParquetRows.OpenAsync(blobs, file, offset, rows, config.MaxLineBytes, ct).ConfigureAwait(false);
        var data = await DataFile.OpenAsync(blobs, file.Upload, offset, ct).ConfigureAwait(false);
        return new LineFeed(data, new LineReader(data.Bytes, config.MaxLineBytes, offset, rows));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
