namespace Temper.Versioning.Repositories;

/// <summary>
/// What the file system said of a file when its content was last hashed. The same stamp and size mean that the content is the same; the default value
/// means that nothing is known and the content must be hashed again.
/// </summary>
/// <param name="ModifiedNs">Time of its last change, nanoseconds since 1970.</param>
/// <param name="ChangedNs">Time of the last change of its facts; 0 where the system does not tell.</param>
/// <param name="Inode">Its number in the file system; 0 where the system does not tell.</param>
public readonly record struct FileStamp(long ModifiedNs, long ChangedNs, long Inode)
{
    private const long Second = 1_000_000_000, Fine = 50_000_000;

    /// <summary>Whether something is known.</summary>
    public bool IsKnown => ModifiedNs != 0;

    /// <summary>
    /// This stamp, or the default one when the file was written so shortly before <paramref name="clockNs"/>, the file system's clock before it was
    /// hashed, that a later change could leave the same stamp.
    /// </summary>
    public FileStamp UnlessRacy(long clockNs) => ModifiedNs + (ModifiedNs % Second == 0 ? 2 * Second : Fine) >= clockNs ? default : this;
}
