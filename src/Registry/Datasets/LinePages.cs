using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Json;
using Temper.Core.Registry;

namespace Temper.Registry.Datasets;

/// <summary>Pages of a blob of JSON lines. A page begins where the one before ended, so reading deep costs no more than reading at the start.</summary>
internal static class LinePages
{
    private const int LongestLine = 4 << 20;

    /// <exception cref="TemperException">Codes <c>cursor_invalid</c>, <c>object_corrupt</c>.</exception>
    public static async Task<Page<T>> ReadAsync<T>(IBlobStore blobs, BlobKey key, string? cursor, int limit, CancellationToken ct)
    {
        var offset = Paging.Number(cursor, 0);
        var found = await blobs.FindAsync(key, ct) ?? throw new TemperException("object_corrupt", $"{key} is part of a version and is not in the store.");
        await using var stream = await blobs.OpenAsync(key, offset, null, found.ETag, ct);
        var (items, line, buffer) = (new List<T>(), new MemoryStream(), new byte[1 << 16]);
        int read;
        while ((read = await stream.ReadAsync(buffer, ct)) > 0)
        {
            var left = buffer.AsMemory(0, read);
            for (int end; (end = left.Span.IndexOf((byte)'\n')) >= 0; left = left[(end + 1)..])
            {
                line.Write(left.Span[..end]);
                offset += line.Length + 1;
                Add(items, line, key);
                if (items.Count == limit)
                    return new(items, offset < found.Size ? $"{offset}" : null);
            }
            line.Write(left.Span);
            if (line.Length > LongestLine)
                throw new TemperException("object_corrupt", $"{key} has a line of more than {LongestLine} bytes at byte {offset}.");
        }
        Add(items, line, key);
        return new(items, null);
    }

    private static void Add<T>(List<T> items, MemoryStream line, BlobKey key)
    {
        if (line.Length == 0)
            return;
        try
        {
            items.Add(JsonSerializer.Deserialize<T>(line.GetBuffer().AsSpan(0, (int)line.Length), Wire.Json)!);
        }
        catch (JsonException e)
        {
            throw new TemperException("object_corrupt", $"{key} holds a line that cannot be read: {e.Message}", inner: e);
        }
        line.SetLength(0);
    }
}
