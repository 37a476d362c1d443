using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;
using Temper.Core.Errors;
using Temper.Core.Ids;
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
    private const int Fixed = 2 + 1 + 32 + 4 * 8;

    public static byte[] Encode(ReadOnlySpan<IndexItem> items)
    {
        var size = 1;
        foreach (var item in items)
            size += Fixed + Encoding.UTF8.GetByteCount(item.Name);
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

    /// <exception cref="TemperException">Code <c>index_corrupt</c>.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Decode(ReadOnlySpan<byte> body, List<IndexItem> into)
    {
        if (body.Length == 0 || body[0] != Version)
            throw Corrupt();
        into.EnsureCapacity(into.Count + body.Length / (Fixed + 8));
        for (var rest = body[1..]; !rest.IsEmpty;)
        {
            if (rest.Length < Fixed)
                throw Corrupt();
            int length = BinaryPrimitives.ReadUInt16LittleEndian(rest);
            if (rest.Length < Fixed + length)
                throw Corrupt();
            var name = Encoding.UTF8.GetString(rest.Slice(2, length));
            rest = rest[(2 + length)..];
            var stamp = new FileStamp(BinaryPrimitives.ReadInt64LittleEndian(rest[41..]), BinaryPrimitives.ReadInt64LittleEndian(rest[49..]), BinaryPrimitives.ReadInt64LittleEndian(rest[57..]));
            into.Add(new(name, rest[0] >> 4 & 3, ModeOf(rest[0] & 15), Digest.FromHash(rest.Slice(1, 32)), BinaryPrimitives.ReadInt64LittleEndian(rest[33..]), stamp));
            rest = rest[65..];
        }
    }

    private static int ModeNumber(EntryMode mode) => mode switch
    {
        EntryMode.File => 1,
        EntryMode.Executable => 2,
        EntryMode.Link => 3,
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "has no place in the index"),
    };

    private static EntryMode ModeOf(int number) => number switch
    {
        1 => EntryMode.File,
        2 => EntryMode.Executable,
        3 => EntryMode.Link,
        _ => throw Corrupt(),
    };

    private static TemperException Corrupt() => new("index_corrupt", "A page of the index cannot be read.");
}
