using Temper.Core.Blobs;

namespace Temper.Storage.Folder;

/// <summary>Removes what processes that died left behind.</summary>
internal static class FolderSweep
{
    /// <summary>Removes temp files that nobody has touched for an hour and that no process has open.</summary>
    public static void Temp(string folder, TimeProvider clock)
    {
        var limit = clock.GetUtcNow().UtcDateTime - TimeSpan.FromHours(1);
        foreach (var file in FolderFiles.Guarded(folder, () => new DirectoryInfo(folder).GetFiles()))
            if (file.LastWriteTimeUtc < limit)
                FolderFiles.Guarded(file.FullName, () => RemoveUnlessOpen(file.FullName));
    }

    /// <summary>
    /// Removes part folders that nobody can use any more: those without <c>key</c> (given up, or never got as far as a token), and those whose blob
    /// is there.
    /// </summary>
    public static void Parts(string folder, Func<BlobKey, bool> exists, TimeProvider clock)
    {
        var limit = clock.GetUtcNow().UtcDateTime - TimeSpan.FromHours(1);
        foreach (var place in FolderFiles.Guarded(folder, () => new DirectoryInfo(folder).GetDirectories()))
            if (place.LastWriteTimeUtc < limit && FolderFiles.Guarded(place.FullName, () => FolderParts.KeyOf(place.FullName)) is var key && (key is null || exists(key.Value)))
                FolderFiles.Guarded(place.FullName, () => RemoveFolder(place.FullName));
    }

    private static void RemoveFolder(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Another process sweeps too.
        }
    }

    private static void RemoveUnlessOpen(string path)
    {
        try
        {
            // A writer holds the exclusive lock of its temp file until it is synced, so getting it means that the writer is gone.
            using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            File.Delete(path);
        }
        catch (FileNotFoundException)
        {
            // Another process sweeps too.
        }
        catch (IOException error) when (DiskErrors.IsLocked(error))
        {
            // Its writer lives.
        }
    }
}
