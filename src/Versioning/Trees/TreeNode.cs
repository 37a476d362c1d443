using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Objects;
using Temper.Versioning.Paths;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.Trees;

/// <summary>A node of a large folder, named by another node.</summary>
/// <param name="Key">Key of the last entry below it: the name, a folder's with <c>/</c>.</param>
/// <param name="Id">A tree object: a leaf is a plain tree, any other node one of nodes.</param>
/// <param name="Entries">How many entries of the folder are below it.</param>
/// <param name="Size">Bytes of all files below it.</param>
internal sealed record NodeLink(string Key, Digest Id, long Entries, long Size);

/// <summary>
/// Inner nodes as bytes: <c>node SP LEVEL NUL</c>, then per child <c>KEY NUL</c>, 32 bytes of id, 8 of entries, 8 of size (big endian). Level 1 names
/// leaves. Specification: docs/formats/objects.md.
/// </summary>
internal static class TreeNode
{
    private const int Tail = 49, HighestLevel = 9;

    private static ReadOnlySpan<byte> Magic => "node "u8;

    /// <summary>Whether a tree's body is an inner node; else it is a plain tree.</summary>
    public static bool IsInner(ReadOnlySpan<byte> body) => body.StartsWith(Magic);

    /// <summary>Bytes of a node.</summary>
    public static byte[] Encode(int level, IReadOnlyList<NodeLink> children)
    {
        using var body = new MemoryStream();
        body.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"node {level}\0")));
        Span<byte> tail = stackalloc byte[Tail - 1];
        foreach (var child in children)
        {
            body.Write(Encoding.UTF8.GetBytes(child.Key));
            body.WriteByte(0);
            child.Id.CopyTo(tail);
            BinaryPrimitives.WriteInt64BigEndian(tail[32..], child.Entries);
            BinaryPrimitives.WriteInt64BigEndian(tail[40..], child.Size);
            body.Write(tail);
        }
        return body.ToArray();
    }

    /// <summary>Level and children of an encoded node.</summary>
    /// <exception cref="TemperException">Code <c>object_corrupt</c>.</exception>
    public static (int Level, IReadOnlyList<NodeLink> Children) Decode(ReadOnlySpan<byte> body)
    {
        var level = IsInner(body) && body.Length >= 7 && body[6] == 0 ? body[5] - '0' : 0;
        if (level is < 1 or > HighestLevel)
            throw Corrupt("it does not begin as one");
        var children = new List<NodeLink>();
        var rest = body[7..];
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOf((byte)0);
            if (end < 1 || rest.Length < end + Tail)
                throw Corrupt("a child is cut off");
            var tail = rest[(end + 1)..];
            var child = new NodeLink(Encoding.UTF8.GetString(rest[..end]), Digest.FromHash(tail[..32]), BinaryPrimitives.ReadInt64BigEndian(tail[32..]), BinaryPrimitives.ReadInt64BigEndian(tail[40..]));
            if (SafePart.Broken(child.Key.EndsWith('/') ? child.Key[..^1] : child.Key) is { } rule)
                throw Corrupt($"a key cannot be a name: {rule}");
            if (child.Entries < 1 || child.Size < 0 || children.Count > 0 && GitOrder.Compare(children[^1].Key, child.Key) >= 0)
                throw Corrupt("its children are not in order");
            children.Add(child);
            rest = rest[(end + Tail)..];
        }
        return children.Count > 0 && body.SequenceEqual(Encode(level, children)) ? (level, children) : throw Corrupt("it is not in the one spelling that there is");
    }

    /// <summary>The error of a folder that no writer of ours wrote.</summary>
    public static TemperException Corrupt(string why) => new("object_corrupt", $"A stored node of a large folder cannot be read: {why}.");

    /// <summary>What an entry is sorted by.</summary>
    public static string KeyOf(TreeEntry entry) => entry.Mode == EntryMode.Folder ? entry.Name + "/" : entry.Name;
}
