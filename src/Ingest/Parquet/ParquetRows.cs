using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>
/// The rows of an uploaded Parquet file. Places are row numbers; offsets count the bytes of the rows as JSON lines, so that slices of a file are alike
/// whatever its compression. A file with a fault anywhere is refused whole.
/// </summary>
internal sealed class ParquetRows : RowFeed
{
    private readonly ParquetRowReader _reader;
    private FileFault? _fault;
    private long _offset;
    private bool _ready, _ended;

    private ParquetRows(ParquetRowReader reader, long offset) => (_reader, _offset) = (reader, offset);

    public override FileFault? Fault => _fault;

    public override long Offset => _offset;

    public override long RowsRead => _reader.RowsBehind;

    /// <summary>Whether a file of that name is one.</summary>
    public static bool IsCalled(string path) => path.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase);

    /// <summary>Opens a file behind its first <paramref name="rows"/> rows. All reads are pinned to one version of the blob.</summary>
    /// <exception cref="TemperException">Code <c>SRC_CHANGED</c> when the blob is not the one that was uploaded.</exception>
    public static async Task<RowFeed> OpenAsync(IBlobStore blobs, SourceFile file, long offset, long rows, int maxRowBytes, CancellationToken ct)
    {
        var blob = await PinnedBlob.FindAsync(blobs, file.Upload, ct).ConfigureAwait(false);
        var source = new RangeSource(file.Path, blob.Size, (from, length, stop) => blob.OpenAsync(from, length, stop));
        try
        {
            var parquet = await ParquetFile.OpenAsync(source, ct).ConfigureAwait(false);
            return new ParquetRows(parquet.Read(RowQuery.All, rows, maxRowBytes), offset);
        }
        catch (TemperException e) when (IsFault(e))
        {
            return new FaultFeed(new(e.Code, e.Message));
        }
    }

    /// <summary>Rows whose pages are in memory come without waiting.</summary>
    public override bool TryRead(out Line row)
    {
        row = default;
        if (_ended || _fault is not null || (!_ready && !TryNext()))
            return false;
        _ready = false;
        row = new(_reader.Row, _reader.RowsBehind, _offset, _reader.Row.Length, _reader.TooLong, unfinished: false, digest: null);
        _offset += _reader.Row.Length + 1;
        return true;
    }

    public override async ValueTask<bool> FillAsync(CancellationToken ct)
    {
        if (_ended || _fault is not null)
            return false;
        try
        {
            _ready = await _reader.ReadAsync(ct).ConfigureAwait(false);
            _ended = !_ready;
        }
        catch (TemperException e) when (IsFault(e))
        {
            _fault = new(e.Code, e.Message);
        }
        return _ready;
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private bool TryNext()
    {
        try
        {
            return _reader.TryRead();
        }
        catch (TemperException e) when (IsFault(e))
        {
            _fault = new(e.Code, e.Message);
            return false;
        }
    }

    private static bool IsFault(TemperException e) => e.Code.StartsWith("FILE_", StringComparison.Ordinal);
}
