using System.Security.Cryptography;
using Temper.Core.Ids;

namespace Temper.Versioning.Backups;

/// <summary>Copies files into a backup's objects, each once.</summary>
internal sealed class BackupCopy(string objects, IReadOnlyDictionary<string, BackupEntry> known)
{
    private readonly List<string> _gone = [];

    public long Done { get; private set; }

    public long NewBytes { get; private set; }

    public IReadOnlyList<string> Gone => _gone;

    public static string ObjectPath(string objects, Digest id) => Path.Combine(objects, id.Hex[..2], id.Hex);

    /// <summary>Copies a file unless it is there; null when it went away meanwhile.</summary>
    public async Task<BackupEntry?> FileAsync(string root, string path, CancellationToken ct)
    {
        var file = new FileInfo(Path.Combine(root, path));
        if (file.Exists && known.TryGetValue(path, out var before) && before.Size == file.Length && before.ModifiedTicks == file.LastWriteTimeUtc.Ticks
            && File.Exists(ObjectPath(objects, before.Sha256)))
        {
            Done += before.Size;
            return before;
        }
        var temporary = Path.Combine(objects, $"{Environment.ProcessId}.tmp");
        try
        {
            var modified = file.LastWriteTimeUtc.Ticks;
            Digest id;
            long size;
            await using (var from = new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete))
            await using (var to = new FileStream(temporary, FileMode.Create, FileAccess.Write))
            {
                (id, size) = await CopyAsync(from, to, ct);
                to.Flush(flushToDisk: true);
            }
            Keep(temporary, id, size);
            return new(path, size, id, modified);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            _gone.Add(path);
            return null;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Takes a finished file among the objects.</summary>
    public void Keep(string temporary, Digest id, long size)
    {
        var path = ObjectPath(objects, id);
        Done += size;
        if (File.Exists(path))
            return;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Move(temporary, path, overwrite: true);
        NewBytes += size;
    }

    /// <summary>Copies to the end; digest and size of what went by.</summary>
    public static async Task<(Digest Id, long Size)> CopyAsync(Stream from, Stream to, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 20];
        long size = 0;
        int count;
        while ((count = await from.ReadAsync(buffer, ct)) > 0)
        {
            hash.AppendData(buffer, 0, count);
            await to.WriteAsync(buffer.AsMemory(0, count), ct);
            size += count;
        }
        return (Digest.FromHash(hash.GetHashAndReset()), size);
    }
}
