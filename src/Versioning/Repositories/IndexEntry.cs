using Temper.Core.Ids;
using Temper.Versioning.Objects;
using Temper.Versioning.Paths;

namespace Temper.Versioning.Repositories;

/// <summary>One file that the next commit will hold, or one side of a conflict.</summary>
/// <param name="Path">Where it stands.</param>
/// <param name="Stage">0; in a conflict 1 for the common ancestor, 2 for ours, 3 for theirs.</param>
/// <param name="Mode">A file, an executable file or a link.</param>
/// <param name="Id">SHA-256 of the content.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Stamp">Of the file in the work tree when it had this content.</param>
public sealed record IndexEntry(SafePath Path, int Stage, EntryMode Mode, Digest Id, long Size, FileStamp Stamp);

/// <summary>An entry within its folder.</summary>
internal readonly record struct IndexItem(string Name, int Stage, EntryMode Mode, Digest Id, long Size, FileStamp Stamp)
{
    /// <summary>As a whole entry.</summary>
    public IndexEntry In(string folder) => new(SafePath.Below(folder, Name), Stage, Mode, Id, Size, Stamp);

    /// <summary>Order within a folder: bytes of the name, then the stage.</summary>
    public static int Compare(IndexItem a, IndexItem b) => GitOrder.Compare(a.Name, b.Name) is not 0 and var order ? order : a.Stage.CompareTo(b.Stage);
}
