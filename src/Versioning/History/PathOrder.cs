using Temper.Versioning.Objects;
using Temper.Versioning.Paths;

namespace Temper.Versioning.History;

/// <summary>The order of paths in trees, in the index and in every listing: that of their bytes in UTF-8.</summary>
public sealed class PathOrder : IComparer<SafePath>, IComparer<string>
{
    /// <summary>The one instance.</summary>
    public static PathOrder Instance { get; } = new();

    /// <inheritdoc/>
    public int Compare(SafePath x, SafePath y) => Compare(x.ToString(), y.ToString());

    /// <inheritdoc/>
    public int Compare(string? x, string? y) => Compare(x.AsSpan(), y.AsSpan());

    /// <summary>Entries of one folder in a tree's order: a folder as if its name ended in <c>/</c>. A file and a folder of one name differ.</summary>
    internal static int Compare(TreeEntry x, TreeEntry y)
    {
        var shared = x.Name.AsSpan().CommonPrefixLength(y.Name);
        return shared < x.Name.Length && shared < y.Name.Length
            ? Weight(x.Name[shared]) - Weight(y.Name[shared])
            : At(x, shared) - At(y, shared);
    }

    private static int Compare(ReadOnlySpan<char> x, ReadOnlySpan<char> y)
    {
        var shared = x.CommonPrefixLength(y);
        return shared < x.Length && shared < y.Length ? Weight(x[shared]) - Weight(y[shared]) : x.Length - y.Length;
    }

    private static int At(TreeEntry entry, int index) =>
        index < entry.Name.Length ? Weight(entry.Name[index]) : index == entry.Name.Length && entry.Mode == EntryMode.Folder ? '/' : 0;

    // UTF-16 puts the characters behind U+FFFF, whose halves lie below U+E000, before those at its end; UTF-8 does not.
    private static int Weight(char c) => char.IsSurrogate(c) ? c + 0x2000 : c >= 0xE000 ? c - 0x800 : c;
}
