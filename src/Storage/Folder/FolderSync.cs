namespace Temper.Storage.Folder;

/// <summary>Makes names durable: a file that was made, renamed or removed is so after a loss of power only when its folder was flushed.</summary>
public static class FolderSync
{
    /// <summary>Flushes the names in a folder to the disk; nothing on systems where names need no flush of their own.</summary>
    /// <exception cref="IOException">The folder cannot be flushed.</exception>
    public static void Flush(string folder) => PosixCalls.SyncFolder(folder);
}
