using System.Text;

namespace Temper.Ingest.Tests;

/// <summary>Files as rows, without what becomes of them.</summary>
internal sealed class Feeds : IDisposable
{
    private readonly Uploads _uploads = new();
    private int _count;

    /// <summary>Stores bytes as one file of an upload.</summary>
    public async Task<SourceFile> PutAsync(string path, byte[] bytes)
    {
        var payload = await _uploads.PutAsync($"up{_count++}", (path, bytes));
        return new(path, payload.Files[0]);
    }

    /// <summary>Every row of a file from a place on.</summary>
    public async Task<FeedRows> ReadAsync(SourceFile file, DatasetConfig config, long offset = 0, long before = 0)
    {
        await using var opener = new RowOpener(_uploads.Blobs, config);
        await using var feed = await opener.OpenAsync(file, offset, before, default);
        var rows = new List<FeedRow>();
        do
        {
            while (feed.TryRead(out var row))
                rows.Add(FeedRow.Of(row, feed));
        } while (await feed.FillAsync(default));
        return new(rows, feed.Fault?.Code, feed.ByteOrderMark, feed.Members);
    }

    /// <summary>Every row of bytes under a name.</summary>
    public async Task<FeedRows> ReadAsync(string path, byte[] bytes, DatasetConfig? config = null) => await ReadAsync(await PutAsync(path, bytes), config ?? new());

    public void Dispose() => _uploads.Dispose();
}

/// <summary>What a feed gave.</summary>
internal sealed record FeedRows(IReadOnlyList<FeedRow> Rows, string? Fault, bool Mark, int? Members)
{
    public string[] Json => [.. Rows.Where(r => r.Code is null && !r.TooLong && r.Json.Length > 0).Select(r => r.Json)];
}

/// <summary>One row, and where the feed stood behind it.</summary>
internal sealed record FeedRow(string Json, string Original, long Number, long Offset, long Length, bool TooLong, string? Code, string Digest)
{
    /// <summary>Cursor behind the row.</summary>
    public (long Offset, long Rows) Next { get; init; }

    public static FeedRow Of(in Line row, RowFeed feed) => new(row.Fault is null && !row.TooLong ? Encoding.Latin1.GetString(row.Bytes) : "", Encoding.Latin1.GetString(row.Original),
        row.Number, row.Offset, row.Length, row.TooLong, row.Fault?.Code, row.Digest.Hex)
    { Next = (feed.Offset, feed.RowsRead) };
}
