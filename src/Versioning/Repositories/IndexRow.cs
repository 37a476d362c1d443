using System.Buffers.Binary;
using System.Text;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Repositories;

/// <summary>
/// One entry as it stands in a page. Comparing a work tree to a million entries makes neither strings nor items of those that are as they were.
/// </summary>
internal readonly ref struct IndexRow
{
    /// <summary>Bytes of an entry without its name.</summary>
    public const int Fixed = 2 + Facts;

    private const int Facts = 1 + 32 + 4 * 8;
    private readonly ReadOnlySpan<byte> _facts;

    private IndexRow(ReadOnlySpan<byte> name, ReadOnlySpan<byte> facts)
    {
        Name = name;
        _facts = facts;
        Mode = (facts[0] & 15) switch { 1 => EntryMode.File, 2 => EntryMode.Executable, 3 => EntryMode.Link, _ => throw Corrupt() };
    }

    /// <summary>The name in UTF-8.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>0; in a conflict 1 to 3.</summary>
    public int Stage => _facts[0] >> 4 & 3;

    /// <summary>A file, an executable file or a link.</summary>
    public EntryMode Mode { get; }

    /// <summary>Bytes of the file.</summary>
    public long Size => BinaryPrimitives.ReadInt64LittleEndian(_facts[33..]);

    /// <summary>What the file system said of it.</summary>
    public FileStamp Stamp => new(BinaryPrimitives.ReadInt64LittleEndian(_facts[41..]), BinaryPrimitives.ReadInt64LittleEndian(_facts[49..]), BinaryPrimitives.ReadInt64LittleEndian(_facts[57..]));

    /// <summary>All of it.</summary>
    public IndexItem Item => new(Encoding.UTF8.GetString(Name), Stage, Mode, Digest.FromHash(_facts.Slice(1, 32)), Size, Stamp);

    /// <summary>The row at a place of a page; then the place is that of the next one, the page's length after the last.</summary>
    /// <exception cref="TemperException">Code <c>index_corrupt</c>.</exception>
    public static IndexRow Read(ReadOnlySpan<byte> page, scoped ref int at)
    {
        var rest = page[at..];
        if (rest.Length < Fixed || BinaryPrimitives.ReadUInt16LittleEndian(rest) is var length && rest.Length < Fixed + length)
            throw Corrupt();
        at += Fixed + length;
        return new(rest.Slice(2, length), rest.Slice(2 + length, Facts));
    }

    /// <summary>The error of a page that no writer of ours wrote.</summary>
    public static TemperException Corrupt() => new("index_corrupt", "A page of the index cannot be read.");
}
