using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.History;

/// <summary>The order of entries in a tree: by the bytes of their names, a folder as if its name ended in <c>/</c>. A file and a folder of one name differ.</summary>
internal static class EntryOrder
{
    public static int Compare(TreeEntry x, TreeEntry y)
    {
        var shared = x.Name.AsSpan().CommonPrefixLength(y.Name);
        return shared < x.Name.Length && shared < y.Name.Length ? GitOrder.Compare(x.Name, y.Name) : At(x, shared) - At(y, shared);
    }

    private static int At(TreeEntry entry, int index) => index < entry.Name.Length ? entry.Name[index] : entry.Mode == EntryMode.Folder ? '/' : 0;
}
