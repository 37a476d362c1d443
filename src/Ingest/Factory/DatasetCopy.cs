using Temper.Core.Datasets;

namespace Temper.Ingest;

/// <summary>Writes a dataset's files into a folder.</summary>
internal static class DatasetCopy
{
    /// <summary>All entries. Paths are those of blob keys: no segment leads out of the folder.</summary>
    public static async Task WriteAsync(IDataBackend backend, ListedDataset listed, string folder, CancellationToken ct)
    {
        foreach (var entry in listed.Entries)
        {
            var path = Path.Combine([folder, .. entry.Path.Split('/')]);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await using var target = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
            await using var content = await OpenAsync(backend, listed, entry, 0, ct).ConfigureAwait(false);
            await content.CopyToAsync(target, ct).ConfigureAwait(false);
        }
    }

    /// <summary>An entry's content from an offset.</summary>
    public static async Task<Stream> OpenAsync(IDataBackend backend, ListedDataset listed, FileEntry entry, long offset, CancellationToken ct) =>
        listed.Made.TryGetValue(entry.Path, out var made)
            ? new MemoryStream(made, (int)offset, made.Length - (int)offset, writable: false)
            : await backend.OpenAsync(listed.Items[entry.Path], offset, null, ct).ConfigureAwait(false);
}
