using Temper.Versioning.Objects;

namespace Temper.Versioning.Merging;

/// <summary>One name in the three trees of a merge.</summary>
/// <param name="Base">Where both come from; null: not there.</param>
/// <param name="Ours">In the tree that is merged into.</param>
/// <param name="Theirs">In the tree that is merged.</param>
internal readonly record struct MergeSides(TreeEntry? Base, TreeEntry? Ours, TreeEntry? Theirs)
{
    /// <summary>Whether no side has it.</summary>
    public bool IsNone => Base is null && Ours is null && Theirs is null;

    /// <summary>Whether sides have it as different things: a folder, a file, a link.</summary>
    public bool IsMixed => Differ(Base, Ours) || Differ(Base, Theirs) || Differ(Ours, Theirs);

    /// <summary>The sides that are folders, or those that are not.</summary>
    public MergeSides Only(bool folders) => new(Kept(Base, folders), Kept(Ours, folders), Kept(Theirs, folders));

    private static TreeEntry? Kept(TreeEntry? entry, bool folders) => entry is not null && entry.Mode == EntryMode.Folder == folders ? entry : null;

    private static bool Differ(TreeEntry? a, TreeEntry? b) => a is not null && b is not null && Kind(a) != Kind(b);

    private static EntryMode Kind(TreeEntry entry) => entry.Mode == EntryMode.Executable ? EntryMode.File : entry.Mode;
}
