using Temper.Versioning.Objects;
using Temper.Versioning.Paths;

namespace Temper.Versioning.History;

/// <summary>A file that differs between two trees.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Old">In the first tree; null: not there.</param>
/// <param name="New">In the second tree; null: not there.</param>
public sealed record TreeChange(SafePath Path, TreeEntry? Old, TreeEntry? New)
{
    /// <summary><c>A</c> added, <c>D</c> deleted, <c>M</c> content or mode modified, <c>T</c> its type changed (file, link).</summary>
    public char Status => Old is null ? 'A' : New is null ? 'D' : (Old.Mode == EntryMode.Link) != (New.Mode == EntryMode.Link) ? 'T' : 'M';
}
