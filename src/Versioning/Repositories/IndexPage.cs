using System.Buffers.Binary;
using System.Text;
using Temper.Core.Errors;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Repositories;

/// <summary>
/// Some neighbouring entries of one folder as bytes: a version, then for each entry the length of its name (2 bytes), the name, mode and stage (1
/// byte), id (32), size, modified, changed, inode (8 each); little endian. Specification: docs/formats/repository.md.
/// </summary>
internal static class IndexPage
{
    /// <summary>Entries that a page holds before it is split.</summary>
    public const int Most = 1024;

    private const byte Version = 1;

    public static byte[] Encode(ReadOnlySpan<IndexItem> items)
    {
        var size = 1;
        foreach (var item in items)
            size += IndexRow.Fixed + Encoding.UTF8.GetByteCount(item.Name);
        var body = new byte[size];
        body[0] = Version;
        var rest = body.AsSpan(1);
        foreach (var item in items)
        {
            var name = Encoding.UTF8.GetBytes(item.Name, rest[2..]);
            BinaryPrimitives.WriteUInt16LittleEndian(rest, (ushort)name);
            rest = rest[(2 + name)..];
            rest[0] = (byte)(item.Stage << 4 | ModeNumber(item.Mode));
            item.Id.CopyTo(rest[1..]);
            BinaryPrimitives.WriteInt64LittleEndian(rest[33..], item.Size);
            BinaryPrimitives.WriteInt64LittleEndian(rest[41..], item.Stamp.ModifiedNs);
            BinaryPrimitives.WriteInt64LittleEndian(rest[49..], item.Stamp.ChangedNs);
            BinaryPrimitives.WriteInt64LittleEndian(rest[57..], item.Stamp.Inode);
            rest = rest[65..];
        }
        return body;
    }

    /// <summary>Where the first row of a page stands.</summary>
    /// <exception cref="TemperException">Code <c>index_corrupt</c>.</exception>
    public static int Start(ReadOnlySpan<byte> page) => page.Length > 0 && page[0] == Version ? 1 : throw IndexRow.Corrupt();

    /// <exception cref="TemperException">Code <c>index_corrupt</c>.</exception>
    public static void Decode(ReadOnlySpan<byte> body, List<IndexItem> into)
    {
        into.EnsureCapacity(into.Count + body.Length / (IndexRow.Fixed + 8));
        for (var at = Start(body); at < body.Length;)
            into.Add(IndexRow.Read(body, ref at).Item);
    }

    private static int ModeNumber(EntryMode mode) => mode switch
    {
        EntryMode.File => 1,
        EntryMode.Executable => 2,
        EntryMode.Link => 3,
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "has no place in the index"),
    };
}
