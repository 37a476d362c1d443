using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using Temper.Core.Blobs;
using Temper.Core.Ids;

namespace Temper.Storage.Folder;

/// <summary>Durable steps on files: write aside and sync, give it its name, sync the name.</summary>
internal sealed class FolderFiles(string root, string tempFolder, TimeProvider clock)
{
    private const int CopySize = 1 << 18;
    private static long _lastStamp;

    // Folders whose own name is known to be durable. Forgetting some costs a sync each.
    private readonly ConcurrentDictionary<string, bool> _synced = new(StringComparer.Ordinal);

    /// <summary>A finished file in the temp folder.</summary>
    public sealed record Written(string Path, long Size);

    /// <summary>What the file at <paramref name="path"/> is as a blob; null when there is none.</summary>
    public static BlobInfo? Describe(BlobKey key, string path)
    {
        var file = new FileInfo(path);
        try
        {
            return file.Exists ? new(key, file.Length, ETagOf(file.LastWriteTimeUtc, file.Length)) : null;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception error) when (DiskErrors.Translate(error, path) is { } translated)
        {
            throw translated;
        }
    }

    /// <summary>Every write gets its own time of change, so time and size name the version.</summary>
    public static string ETagOf(DateTime changed, long size) => string.Create(CultureInfo.InvariantCulture, $"{changed.Ticks:x}-{size:x}");

    /// <summary>Writes all of <paramref name="content"/> to a new temp file, synced. Errors of reading the content pass through as they are.</summary>
    public Task<Written> WriteAsync(Stream content, DateTime after, CancellationToken ct) => WriteAsync(content, after, null, ct);

    /// <summary>Writes all of <paramref name="content"/> to a new temp file, synced; its digest beside it.</summary>
    public async Task<(Written File, Digest Sha256)> WriteHashedAsync(Stream content, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var written = await WriteAsync(content, DateTime.MinValue, hash, ct);
        return (written, Digest.FromHash(hash.GetHashAndReset()));
    }

    private async Task<Written> WriteAsync(Stream content, DateTime after, IncrementalHash? hash, CancellationToken ct)
    {
        var path = Path.Combine(tempFolder, Ulid.New(clock));
        var buffer = ArrayPool<byte>.Shared.Rent(CopySize);
        try
        {
            await using var file = Guarded(path, () => new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0));
            int count;
            long size = 0;
            while ((count = await content.ReadAsync(buffer.AsMemory(0, CopySize), ct)) > 0)
            {
                hash?.AppendData(buffer, 0, count);
                Guarded(path, () => RandomAccess.Write(file.SafeFileHandle, buffer.AsSpan(0, count), size));
                size += count;
            }
            Guarded(path, () =>
            {
                File.SetLastWriteTimeUtc(file.SafeFileHandle, Stamp(after));
                RandomAccess.FlushToDisk(file.SafeFileHandle);
            });
            return new(path, size);
        }
        catch
        {
            Discard(path);
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>A time of change that no other write of this process has, later than <paramref name="after"/>.</summary>
    public DateTime Stamp(DateTime after)
    {
        while (true)
        {
            var last = Interlocked.Read(ref _lastStamp);
            var next = Math.Max(Math.Max(clock.GetUtcNow().UtcTicks, last + 1), after.Ticks + 1);
            if (Interlocked.CompareExchange(ref _lastStamp, next, last) == last)
                return new DateTime(next, DateTimeKind.Utc);
        }
    }

    /// <summary>Names a synced file unless the name is taken; false when it is. The caller discards the temp name.</summary>
    public bool TryName(string file, string name)
    {
        for (var attempt = 0; ; attempt++)
        {
            EnsureFolder(Path.GetDirectoryName(name)!);
            var outcome = PosixCalls.Link(file, name);
            if (outcome == PosixCalls.LinkOutcome.NotSupported)
                outcome = MoveUnlessTaken(file, name);
            if (outcome == PosixCalls.LinkOutcome.NameTaken)
                return false;
            if (outcome == PosixCalls.LinkOutcome.Made)
            {
                Guarded(name, () => PosixCalls.SyncFolder(Path.GetDirectoryName(name)!));
                return true;
            }
            // Somebody removed the folder since it was made.
            _synced.Clear();
            if (attempt == 3)
                throw new Core.Errors.TemperException("storage_unavailable", $"The folder of {name} disappears while it is written to.");
        }
    }

    /// <summary>Names a synced file, over whatever had the name.</summary>
    public void Name(string file, string name)
    {
        EnsureFolder(Path.GetDirectoryName(name)!);
        Guarded(name, () =>
        {
            File.Move(file, name, overwrite: true);
            PosixCalls.SyncFolder(Path.GetDirectoryName(name)!);
        });
    }

    /// <summary>Makes a folder and every missing one between it and the root, durably.</summary>
    public void EnsureFolder(string path)
    {
        if (path == root || _synced.ContainsKey(path))
            return;
        var above = Path.GetDirectoryName(path)!;
        EnsureFolder(above);
        Guarded(path, () =>
        {
            Directory.CreateDirectory(path);
            PosixCalls.SyncFolder(above);
        });
        if (_synced.Count > 10_000)
            _synced.Clear();
        _synced[path] = true;
    }

    /// <summary>Removes a temp file if it is still there.</summary>
    public static void Discard(string path) => Guarded(path, () => File.Delete(path));

    /// <summary>Runs one step on <paramref name="path"/>; the file system's errors come out as the catalogue's.</summary>
    public static T Guarded<T>(string path, Func<T> step)
    {
        try
        {
            return step();
        }
        catch (Exception error) when (DiskErrors.Translate(error, path) is { } translated)
        {
            throw translated;
        }
    }

    /// <inheritdoc cref="Guarded{T}"/>
    public static void Guarded(string path, Action step) => Guarded(path, () =>
    {
        step();
        return true;
    });

    // File systems without hard links, and Windows: moving refuses a taken name.
    private static PosixCalls.LinkOutcome MoveUnlessTaken(string file, string name)
    {
        try
        {
            File.Move(file, name, overwrite: false);
            return PosixCalls.LinkOutcome.Made;
        }
        catch (IOException) when (File.Exists(name))
        {
            return PosixCalls.LinkOutcome.NameTaken;
        }
        catch (Exception error) when (DiskErrors.Translate(error, name) is { } translated)
        {
            throw translated;
        }
    }
}
