using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;
using Temper.Versioning.Packs;

namespace Temper.Versioning.Sync;

/// <summary>Takes the whole objects out of packs that a process was writing when it ended: what had arrived need not be fetched again.</summary>
public static class PackSalvage
{
    /// <summary>Adds what is whole in the folder's files to the store, then removes them. Files of processes that still run are locked, and left alone.</summary>
    /// <param name="folder">Where packs are written.</param>
    /// <param name="store">Gets the objects.</param>
    /// <param name="ct">Ends the work.</param>
    /// <returns>How many objects there were.</returns>
    public static async Task<int> RunAsync(string folder, IObjectStore store, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(store);
        var count = 0;
        foreach (var path in Directory.Exists(folder) ? Directory.GetFiles(folder, "*.pack") : [])
        {
            await using var file = Open(path);
            if (file is null)
                continue;
            await using var batch = store.BeginBatch();
            count += await AddAsync(file, batch, ct);
            await batch.StoreAsync(ct);
            File.Delete(path);
        }
        return count;
    }

    private static FileStream? Open(string path)
    {
        try
        {
            return new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1 << 20);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static async Task<int> AddAsync(FileStream file, IObjectBatch batch, CancellationToken ct)
    {
        var header = new byte[PackFormat.EntryHeaderSize];
        file.Position = Math.Min(file.Length, PackFormat.HeaderSize);
        for (var count = 0; ; count++)
        {
            if (await file.ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false, ct) < header.Length || Entry(header, file) is not { } row)
                return count;
            var stored = new byte[row.Stored];
            await file.ReadExactlyAsync(stored, ct);
            // A difference needs its base, and what is cut or damaged has no body: the rest of the file is not believed.
            if (PackForms.Decode(row.Form, stored, row.Size) is not { } body)
                return count;
            batch.AddBody(row.Kind, ObjectIds.Of(row.Kind, body), body);
        }
    }

    private static PackEntry? Entry(byte[] header, FileStream file)
    {
        var (stored, size) = (BitConverter.ToInt32(header, 4), BitConverter.ToInt32(header, 8));
        var row = new PackEntry(default, (ObjectKind)header[1], file.Position - PackFormat.EntryHeaderSize, stored, size, (PackForm)header[0]);
        try
        {
            PackFormat.Check(row, file.Length, default);
            return row;
        }
        catch (TemperException)
        {
            return null;
        }
    }
}
