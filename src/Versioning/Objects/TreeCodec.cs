using System.Buffers.Binary;
using System.Text;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Paths;
using Temper.Versioning.Repositories;
using Temper.Versioning.Trees;

namespace Temper.Versioning.Objects;

/// <summary>
/// Trees as bytes: per entry <c>MODE SP NAME NUL</c>, 32 bytes of id, 8 bytes of size (big endian); MODE in octal as git writes it; sorted as git
/// sorts, a folder as if its name ended in <c>/</c>. Specification and test vectors: docs/formats/objects.md.
/// </summary>
public static class TreeCodec
{
    /// <summary>Bytes of a tree, whatever the order of <paramref name="entries"/>.</summary>
    /// <exception cref="TemperException">Code <c>path_invalid</c>, or <c>path_collision</c> when a name occurs twice.</exception>
    public static byte[] Encode(IEnumerable<TreeEntry> entries) => EncodeSorted(Sorted(entries));

    /// <summary>Bytes of a tree whose entries are in their order already.</summary>
    internal static byte[] EncodeSorted(IReadOnlyCollection<TreeEntry> entries)
    {
        using var body = new MemoryStream(entries.Count * 80);
        Span<byte> text = stackalloc byte[3 * 256 + 48];
        foreach (var entry in entries)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(entry.Size, nameof(entries));
            body.Write(ModeText(entry.Mode));
            var length = Encoding.UTF8.GetBytes(entry.Name, text);
            text[length++] = 0;
            entry.Id.CopyTo(text[length..]);
            BinaryPrimitives.WriteInt64BigEndian(text[(length + 32)..], entry.Size);
            body.Write(text[..(length + 40)]);
        }
        return body.ToArray();
    }

    /// <summary>Entries of an encoded tree, in its order.</summary>
    /// <exception cref="TemperException">Code <c>object_corrupt</c>: the bytes are not what <see cref="Encode"/> writes.</exception>
    public static IReadOnlyList<TreeEntry> Decode(ReadOnlySpan<byte> body)
    {
        var entries = new List<TreeEntry>();
        var rest = body;
        while (!rest.IsEmpty)
        {
            var space = rest[..Math.Min(rest.Length, 8)].IndexOf((byte)' ');
            var end = rest.IndexOf((byte)0);
            if (space < 0 || end < space || rest.Length < end + 41)
                throw Corrupt("an entry is cut off");
            var mode = ModeOf(Encoding.ASCII.GetString(rest[..space]));
            var size = BinaryPrimitives.ReadInt64BigEndian(rest[(end + 33)..]);
            if (size < 0)
                throw Corrupt("a size is negative");
            entries.Add(new(mode, Encoding.UTF8.GetString(rest[(space + 1)..end]), Digest.FromHash(rest.Slice(end + 1, 32)), size));
            rest = rest[(end + 41)..];
        }
        return body.SequenceEqual(EncodeAgain(entries)) ? entries : throw Corrupt("its entries are not in the one order and spelling that there is");
    }

    private static byte[] EncodeAgain(List<TreeEntry> entries)
    {
        try
        {
            return Encode(entries);
        }
        catch (TemperException error)
        {
            throw Corrupt(error.Message);
        }
    }

    /// <summary>Entries in a tree's order, each name checked.</summary>
    internal static List<TreeEntry> Sorted(IEnumerable<TreeEntry> entries)
    {
        var sorted = entries.ToList();
        var names = new HashSet<string>(sorted.Count, StringComparer.Ordinal);
        foreach (var entry in sorted)
        {
            if (SafePart.Broken(entry.Name) is { } rule)
                throw new TemperException("path_invalid", $"'{entry.Name}' cannot be a name in a tree: {rule}.");
            if (!names.Add(entry.Name))
                throw new TemperException("path_collision", $"The name '{entry.Name}' occurs twice in one tree.");
        }
        // Whoever keeps entries in order pays for looking, not for sorting.
        for (var i = 1; i < sorted.Count; i++)
            if (Compare(sorted[i - 1], sorted[i]) > 0)
            {
                sorted.Sort(Compare);
                break;
            }
        return sorted;
    }

    private static int Compare(TreeEntry a, TreeEntry b) => GitOrder.Compare(TreeNode.KeyOf(a), TreeNode.KeyOf(b));

    private static ReadOnlySpan<byte> ModeText(EntryMode mode) => mode switch
    {
        EntryMode.Folder => "40000 "u8,
        EntryMode.Executable => "100755 "u8,
        EntryMode.Link => "120000 "u8,
        EntryMode.File => "100644 "u8,
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "is no mode of an entry"),
    };

    private static EntryMode ModeOf(string text) => text switch
    {
        "40000" => EntryMode.Folder,
        "100644" => EntryMode.File,
        "100755" => EntryMode.Executable,
        "120000" => EntryMode.Link,
        _ => throw Corrupt("a mode is none of 40000, 100644, 100755, 120000"),
    };

    private static TemperException Corrupt(string why) => new("object_corrupt", $"A stored tree cannot be read: {why}.");
}
