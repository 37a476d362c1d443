using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Files;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Storage.Sql;

namespace Temper.Versioning.Backups;

/// <summary>What a backup did.</summary>
/// <param name="Snapshot">Its name.</param>
/// <param name="Files">Files in the snapshot.</param>
/// <param name="Bytes">Bytes of the snapshot.</param>
/// <param name="NewBytes">Bytes that had to be copied.</param>
/// <param name="Gone">Files that went away while they were copied: work that was under way.</param>
public sealed record BackupReport(string Snapshot, int Files, long Bytes, long NewBytes, IReadOnlyList<string> Gone);

/// <summary>
/// A folder of snapshots that share their files: <c>objects/aa/SHA256</c> and <c>snapshots/TIME.json</c>. A snapshot is there when its manifest is, and
/// that is written last. Databases are copied first, files that never change after them, so that a snapshot taken while others write is whole.
/// </summary>
public sealed class BackupFolder(string folder, TimeProvider clock)
{
    private const string Stamp = "yyyyMMdd'T'HHmmss'.'fff'Z'";

    private string Objects => Path.Combine(folder, "objects");

    private string Snapshots => Path.Combine(folder, "snapshots");

    /// <summary>Names of the snapshots, oldest first.</summary>
    public IReadOnlyList<string> List() => Directory.Exists(Snapshots)
        ? [.. Directory.EnumerateFiles(Snapshots, "*.json").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>The manifest of a snapshot; null: of the newest.</summary>
    /// <exception cref="TemperException">Codes <c>not_found</c>, <c>backup_damaged</c>.</exception>
    public (string Name, BackupManifest Manifest) Open(string? snapshot)
    {
        var name = snapshot ?? (List() is [.., var newest] ? newest : null) ?? throw new TemperException("not_found", $"{folder} holds no backup.", "Make one with `temper backup DIR`.");
        return List().Contains(name)
            ? (name, BackupManifest.Read(ManifestPath(name)))
            : throw new TemperException("not_found", $"{folder} holds no snapshot '{name}'.", $"There are {string.Join(", ", List().TakeLast(5))}.");
    }

    /// <summary>Takes a snapshot. What the newest one has already is not copied, nor read when size and time are the same.</summary>
    /// <param name="source">What to copy.</param>
    /// <param name="copied">Told the bytes done after each file.</param>
    /// <param name="ct">Ends the work; a snapshot that was not finished is not there.</param>
    public async Task<BackupReport> CreateAsync(BackupSource source, Action<long>? copied, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(source);
        Directory.CreateDirectory(Objects);
        Directory.CreateDirectory(Snapshots);
        var known = List().Count > 0 ? Open(null).Manifest.Files.Where(f => !f.IsDatabase).ToDictionary(f => f.Path, StringComparer.Ordinal) : [];
        var created = clock.GetUtcNow();
        var copy = new BackupCopy(Objects, known);
        var entries = new List<BackupEntry>();
        foreach (var database in source.Databases.Where(d => File.Exists(Path.Combine(source.Root, d))))
            entries.Add(await CopyDatabaseAsync(copy, source.Root, database, ct));
        foreach (var path in Paths(source))
        {
            if (await copy.FileAsync(source.Root, path, ct) is { } entry)
                entries.Add(entry);
            copied?.Invoke(copy.Done);
        }
        entries.Sort((a, b) => string.CompareOrdinal(a.Path, b.Path));
        var manifest = new BackupManifest(BackupManifest.Version, source.Kind, created, entries);
        var name = created.UtcDateTime.ToString(Stamp, CultureInfo.InvariantCulture);
        DurableFile.Write(ManifestPath(name), JsonSerializer.SerializeToUtf8Bytes(manifest, Wire.Json));
        return new(name, entries.Count, manifest.TotalSize(), copy.NewBytes, copy.Gone);
    }

    /// <summary>Reads every file of a snapshot and compares it with its digest; the paths that differ or are missing.</summary>
    public async Task<IReadOnlyList<string>> VerifyAsync(string? snapshot, CancellationToken ct)
    {
        var bad = new List<string>();
        foreach (var file in Open(snapshot).Manifest.Files)
        {
            var path = BackupCopy.ObjectPath(Objects, file.Sha256);
            if (!File.Exists(path) || new FileInfo(path).Length != file.Size || await DigestAsync(path, ct) != file.Sha256)
                bad.Add(file.Path);
        }
        return bad;
    }

    /// <summary>
    /// Writes a snapshot into <paramref name="target"/>, which must not exist or be empty; each file is compared with its digest on the way. The folder
    /// gets its name when all of it is there.
    /// </summary>
    /// <exception cref="TemperException">Codes <c>not_found</c>, <c>backup_damaged</c>, <c>backup_occupied</c>.</exception>
    public async Task<BackupManifest> RestoreAsync(string? snapshot, string target, Action<long>? restored, CancellationToken ct)
    {
        var (_, manifest) = Open(snapshot);
        target = Path.GetFullPath(target);
        if (File.Exists(target) || Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())
            throw new TemperException("backup_occupied", $"{target} holds something already.", "Choose a folder that does not exist or is empty.");
        var temporary = $"{target}.{Environment.ProcessId}.restoring";
        try
        {
            long done = 0;
            foreach (var file in manifest.Files)
            {
                await RestoreFileAsync(file, Path.Combine(temporary, file.Path), ct);
                restored?.Invoke(done += file.Size);
            }
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            if (Directory.Exists(target))
                Directory.Delete(target);
            Directory.CreateDirectory(temporary);
            Directory.Move(temporary, target);
            return manifest;
        }
        catch
        {
            if (Directory.Exists(temporary))
                Directory.Delete(temporary, recursive: true);
            throw;
        }
    }

    /// <summary>Removes all snapshots but the newest <paramref name="keep"/>, and the files that none of those names; the snapshots removed.</summary>
    public IReadOnlyList<string> Keep(int keep)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keep, 1);
        var removed = List().SkipLast(keep).ToList();
        foreach (var name in removed)
            File.Delete(ManifestPath(name));
        if (removed.Count == 0)
            return removed;
        var named = List().SelectMany(name => Open(name).Manifest.Files).Select(f => f.Sha256.Hex).ToHashSet(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(Objects, "*", SearchOption.AllDirectories).Where(f => !named.Contains(Path.GetFileName(f))))
            File.Delete(file);
        return removed;
    }

    private string ManifestPath(string name) => Path.Combine(Snapshots, name + ".json");

    private static IEnumerable<string> Paths(BackupSource source)
    {
        foreach (var file in source.Files.Where(f => File.Exists(Path.Combine(source.Root, f))))
            yield return file;
        foreach (var below in source.Folders.Select(f => Path.Combine(source.Root, f)).Where(Directory.Exists))
            foreach (var file in Directory.EnumerateFiles(below, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
                if (Path.GetRelativePath(source.Root, file).Replace(Path.DirectorySeparatorChar, '/') is var path && !source.Leaves(path))
                    yield return path;
    }

    private async Task<BackupEntry> CopyDatabaseAsync(BackupCopy copy, string root, string path, CancellationToken ct)
    {
        var temporary = Path.Combine(Objects, $"{Environment.ProcessId}.db.tmp");
        File.Delete(temporary);
        try
        {
            await using (var db = Db.Sqlite(Path.Combine(root, path)))
                await db.CopyToAsync(temporary, ct);
            var id = await DigestAsync(temporary, ct);
            var size = new FileInfo(temporary).Length;
            copy.Keep(temporary, id, size);
            return new(path, size, id, 0, IsDatabase: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private async Task RestoreFileAsync(BackupEntry file, string path, CancellationToken ct)
    {
        var kept = BackupCopy.ObjectPath(Objects, file.Sha256);
        if (!File.Exists(kept))
            throw BackupManifest.Damaged(kept, $"it should hold '{file.Path}' and is missing");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await using var from = File.OpenRead(kept);
        await using var to = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
        if (await BackupCopy.CopyAsync(from, to, ct) is var (id, size) && (id != file.Sha256 || size != file.Size))
            throw BackupManifest.Damaged(kept, $"it should hold '{file.Path}' of {file.Size} bytes and digest {file.Sha256}, and has {size} bytes of digest {id}");
        to.Flush(flushToDisk: true);
    }

    private static async Task<Digest> DigestAsync(string path, CancellationToken ct)
    {
        await using var stream = File.OpenRead(path);
        return Digest.FromHash(await SHA256.HashDataAsync(stream, ct));
    }
}
