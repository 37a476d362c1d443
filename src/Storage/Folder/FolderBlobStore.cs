using System.Runtime.CompilerServices;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Files;
using Temper.Storage.Blobs;

namespace Temper.Storage.Folder;

/// <summary>
/// Blobs as files of a folder that several processes may share: <c>blobs/</c> holds finished ones under readable names, <c>tmp/</c> and <c>parts/</c>
/// unfinished ones, <c>locks/</c> the files that replacing locks. A blob is written aside, synced, then named, then its name is synced: it is whole or
/// not there. Errors: <c>disk_full</c>, <c>permission_denied</c>, <c>storage_unavailable</c>, each naming the path. Layout: docs/formats/blobs.md.
/// </summary>
public sealed class FolderBlobStore : IBlobStore
{
    private readonly string _blobs;
    private readonly string _temp;
    private readonly FolderFiles _files;
    private readonly FolderLocks _locks;
    private readonly FolderParts _parts;

    /// <summary>Opens the folder, making it where it is missing, and removes what processes that died left in <c>tmp/</c> and <c>parts/</c> over an hour ago.</summary>
    /// <exception cref="TemperException">Codes <c>permission_denied</c>, <c>disk_full</c>.</exception>
    public FolderBlobStore(string root, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        Root = Path.GetFullPath(root);
        _blobs = Path.Combine(Root, "blobs");
        _temp = Path.Combine(Root, "tmp");
        FolderFiles.Guarded(Root, () => Directory.CreateDirectory(Root));
        _files = new FolderFiles(Root, _temp, clock);
        _parts = new FolderParts(Path.Combine(Root, "parts"), _files, clock);
        _locks = new FolderLocks(Path.Combine(Root, "locks"));
        foreach (var name in (string[])["blobs", "tmp", "parts", "locks"])
            _files.EnsureFolder(Path.Combine(Root, name));
        FolderSweep.Temp(_temp, clock);
        FolderSweep.Parts(Path.Combine(Root, "parts"), key => FolderFiles.Describe(key, PathOf(key)) is not null, clock);
    }

    /// <summary>The folder.</summary>
    public string Root { get; }

    /// <inheritdoc/>
    public Task<BlobInfo?> FindAsync(BlobKey key, CancellationToken ct) => Task.FromResult(FolderFiles.Describe(key, PathOf(key)));

    /// <inheritdoc/>
    public async Task<BlobInfo?> CreateAsync(BlobKey key, Stream content, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(content);
        if (FolderFiles.Describe(key, PathOf(key)) is not null)
            return null;
        var written = await _files.WriteAsync(content, DateTime.MinValue, ct);
        return await NameAsync(key, written.Path, ct);
    }

    /// <inheritdoc/>
    public async Task<BlobInfo> ReplaceAsync(BlobKey key, ReadOnlyMemory<byte> content, string expected, CancellationToken ct)
    {
        var path = PathOf(key);
        using var held = await _locks.TakeAsync(key, ct);
        Expect(key, FolderFiles.Describe(key, path), expected);
        using var bytes = new MemoryStream(content.ToArray(), writable: false);
        var written = await _files.WriteAsync(bytes, File.GetLastWriteTimeUtc(path), ct);
        _files.Name(written.Path, path);
        return FolderFiles.Describe(key, path)!;
    }

    /// <inheritdoc/>
    public Task<Stream> OpenAsync(BlobKey key, long offset, long? length, string? pinned, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length ?? 0, nameof(length));
        var file = OpenFile(key, PathOf(key));
        try
        {
            // The open file stays the version that it is, whatever happens to its name.
            if (pinned is not null)
                Expect(key, new BlobInfo(key, file.Length, FolderFiles.ETagOf(File.GetLastWriteTimeUtc(file.SafeFileHandle), file.Length)), pinned);
            var start = Math.Min(offset, file.Length);
            file.Position = start;
            return Task.FromResult<Stream>(new RangeStream(file, Math.Min(length ?? long.MaxValue, file.Length - start)));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<BlobInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        foreach (var blob in FolderListing.Walk(_blobs, prefix))
        {
            ct.ThrowIfCancellationRequested();
            yield return blob;
        }
        await Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(BlobKey key, string? expected, CancellationToken ct)
    {
        var path = PathOf(key);
        using var held = await _locks.TakeAsync(key, ct);
        var found = FolderFiles.Describe(key, path);
        if (expected is not null && found is not null)
            Expect(key, found, expected);
        if (found is null)
            return false;
        FolderFiles.Guarded(path, () =>
        {
            File.Delete(path);
            PosixCalls.SyncFolder(Path.GetDirectoryName(path)!);
        });
        return true;
    }

    /// <inheritdoc/>
    public Task<string> BeginPartsAsync(BlobKey key, CancellationToken ct) => _parts.BeginAsync(key, ct);

    /// <inheritdoc/>
    public Task<BlobPart> StagePartAsync(BlobKey key, string token, int number, Stream content, CancellationToken ct) =>
        _parts.StageAsync(key, token, number, content, ct);

    /// <inheritdoc/>
    public async Task<BlobInfo?> CommitPartsAsync(BlobKey key, string token, IReadOnlyList<BlobPart> parts, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(parts);
        if (FolderFiles.Describe(key, PathOf(key)) is not null)
            return null;
        var made = await NameAsync(key, await _parts.JoinAsync(key, token, parts, ct), ct);
        if (made is not null)
            _parts.Drop(key, token);
        return made;
    }

    /// <inheritdoc/>
    public Task AbandonPartsAsync(BlobKey key, string token, CancellationToken ct)
    {
        _parts.Drop(key, token);
        return Task.CompletedTask;
    }

    private string PathOf(BlobKey key) => Path.Combine(_blobs, FolderNames.OfBlob(key));

    private async Task<BlobInfo?> NameAsync(BlobKey key, string file, CancellationToken ct)
    {
        var path = PathOf(key);
        try
        {
            using var held = await _locks.TakeAsync(key, ct);
            return _files.TryName(file, path) ? FolderFiles.Describe(key, path) : null;
        }
        finally
        {
            FolderFiles.Discard(file);
        }
    }

    private static FileStream OpenFile(BlobKey key, string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, useAsync: false);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new TemperException("blob_missing", $"There is no blob '{key}' in {path}.", inner: error);
        }
        catch (Exception error) when (DiskErrors.Translate(error, path) is { } translated)
        {
            throw translated;
        }
    }

    private static void Expect(BlobKey key, BlobInfo? found, string expected)
    {
        if (found is null || found.ETag != expected)
            throw new TemperException("blob_changed", $"The blob '{key}' should be version {expected}; {(found is null ? "it is gone" : $"it is {found.ETag}")}.");
    }
}
