using Temper.Cli.Output;

namespace Temper.Cli.Doctor;

/// <summary>Whether a folder can hold state that must not be lost.</summary>
internal static class FolderChecks
{
    private const long FewBytes = 1L << 30;

    // SQLite's locks do not hold there, and two machines would write at once.
    private static readonly HashSet<string> Networks = new(StringComparer.OrdinalIgnoreCase) { "nfs", "nfs4", "cifs", "smb", "smb2", "smbfs", "afpfs", "fuse.sshfs", "9p", "glusterfs", "ceph", "lustre", "beegfs" };

    public static IEnumerable<Finding> All(string area, string folder)
    {
        var existing = folder;
        while (!Directory.Exists(existing) && Path.GetDirectoryName(existing) is { } above)
            existing = above;
        yield return Writable(area, folder, existing);
        if (Drive(existing) is not { } drive)
            yield break;
        yield return Networks.Contains(drive.DriveFormat)
            ? new(area, "file system", Health.Failed, $"{folder} is on {drive.DriveFormat}, a network file system", "Keep it on a disk of this machine; reach it from others over HTTP.")
            : new(area, "file system", Health.Ok, drive.DriveFormat);
        yield return drive.AvailableFreeSpace < FewBytes
            ? new(area, "free space", Health.Warning, $"{Format.Bytes(drive.AvailableFreeSpace)} left", "Free some: a full disk stops uploads and training, and loses nothing.")
            : new(area, "free space", Health.Ok, $"{Format.Bytes(drive.AvailableFreeSpace)} left");
    }

    private static Finding Writable(string area, string folder, string existing)
    {
        var probe = Path.Combine(existing, $".temper-doctor-{Environment.ProcessId}");
        try
        {
            using (File.Create(probe, 1, FileOptions.DeleteOnClose))
                return new(area, "folder", Health.Ok, Directory.Exists(folder) ? $"{folder} can be written" : $"{folder} can be made");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return new(area, "folder", Health.Failed, $"{folder} cannot be written: {error.Message}", "Check owner and mode, or choose another folder.");
        }
    }

    private static DriveInfo? Drive(string folder)
    {
        try
        {
            // The longest mount point above the folder is the one that holds it.
            return DriveInfo.GetDrives().Where(d => d.IsReady && IsAbove(d.Name, folder)).MaxBy(d => d.Name.Length);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool IsAbove(string mount, string folder) =>
        (folder + Path.DirectorySeparatorChar).StartsWith(mount.EndsWith(Path.DirectorySeparatorChar) ? mount : mount + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
