using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;

namespace Temper.Ingest.Tests;

/// <summary>Archives as honest tools and as others make them.</summary>
internal static class Archives
{
    /// <summary>A zip archive of text files.</summary>
    public static byte[] Zip(params (string Name, string Text)[] files) => Raw([.. files.Select(f => new RawEntry(f.Name, Encoding.UTF8.GetBytes(f.Text)))]);

    /// <summary>A zip archive, written byte by byte.</summary>
    public static byte[] Raw(RawEntry[] files, int? entries = null, bool zip64 = false)
    {
        using var output = new MemoryStream();
        var offsets = files.Select(file =>
        {
            var at = output.Position;
            output.Write(file.Local());
            output.Write(file.Packed);
            if (file.Descriptor)
                output.Write([.. "PK\u0007\u0008"u8, .. file.Sizes()]);
            return at;
        }).ToList();
        var directory = output.Position;
        foreach (var (file, at) in files.Zip(offsets))
            output.Write(file.Central(file.At ?? at, zip64));
        var size = output.Position - directory;
        var count = entries ?? files.Length;
        if (zip64)
        {
            var end = output.Position;
            output.Write([.. "PK\u0006\u0006"u8, .. Number(44, 8), .. Number(45, 2), .. Number(45, 2), .. Number(0, 8), .. Number(count, 8), .. Number(count, 8), .. Number(size, 8), .. Number(directory, 8)]);
            output.Write([.. "PK\u0006\u0007"u8, .. Number(0, 4), .. Number(end, 8), .. Number(1, 4)]);
        }
        output.Write([.. "PK\u0005\u0006"u8, .. Number(0, 4), .. Number(zip64 ? 0xFFFF : count, 2), .. Number(zip64 ? 0xFFFF : count, 2), .. Number(zip64 ? 0xFFFFFFFF : size, 4), .. Number(zip64 ? 0xFFFFFFFF : directory, 4), .. Number(7, 2), .. "comment"u8]);
        return output.ToArray();
    }

    /// <summary>A tar archive, ended by its mark.</summary>
    public static byte[] Tar(params (string Name, string Text)[] files) => [.. files.SelectMany(f => TarEntry(f.Name, Encoding.UTF8.GetBytes(f.Text))), .. new byte[1024]];

    /// <summary>One entry of a tar archive, a pax header in front where its name asks for one.</summary>
    public static byte[] TarEntry(string name, byte[] content, char type = '0', long? size = null)
    {
        var utf8 = Encoding.UTF8.GetBytes(name);
        if (utf8.Length > 100)
        {
            var record = $" path={name}\n";
            var length = Encoding.UTF8.GetByteCount(record) + 3;
            return [.. TarEntry("pax", Encoding.UTF8.GetBytes($"{length}{record}"), 'x'), .. TarEntry("long", content, type, size)];
        }
        var block = new byte[512];
        utf8.CopyTo(block, 0);
        "0000644\0"u8.CopyTo(block.AsSpan(100));
        Encoding.ASCII.GetBytes(Convert.ToString(size ?? content.Length, 8).PadLeft(11, '0')).CopyTo(block, 124);
        "ustar\000"u8.CopyTo(block.AsSpan(257));
        block[156] = (byte)type;
        block.AsSpan(148, 8).Fill((byte)' ');
        Encoding.ASCII.GetBytes(Convert.ToString(block.Sum(b => b), 8).PadLeft(6, '0') + "\0").CopyTo(block, 148);
        return [.. block, .. content, .. new byte[-content.Length & 511]];
    }

    /// <summary>Little-endian bytes of a number.</summary>
    public static byte[] Number(long value, int bytes)
    {
        var buffer = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(buffer, value);
        return buffer[..bytes];
    }
}

/// <summary>An entry of a zip archive with all that may be wrong with it.</summary>
internal sealed record RawEntry(string Name, byte[] Content)
{
    public bool Deflated { get; init; } = true;

    public bool Descriptor { get; init; }

    public int Flags { get; init; }

    public int? Method { get; init; }

    public long? Size { get; init; }

    public uint? Crc { get; init; }

    /// <summary>Unix mode.</summary>
    public int Mode { get; init; }

    /// <summary>Place that the directory states instead of the true one.</summary>
    public long? At { get; init; }

    /// <summary>Name in the entry's own header, where it is another.</summary>
    public string? LocalName { get; init; }

    public byte[] Packed => Deflated ? Deflate(Content) : Content;

    public byte[] Sizes() => [.. Archives.Number(Crc ?? Crc32.HashToUInt32(Content), 4), .. Archives.Number(Packed.Length, 4), .. Archives.Number(Size ?? Content.Length, 4)];

    public byte[] Local()
    {
        var name = Encoding.UTF8.GetBytes(LocalName ?? Name);
        return [.. "PK\u0003\u0004"u8, .. Archives.Number(20, 2), .. Head(), .. Descriptor ? new byte[12] : Sizes(), .. Archives.Number(name.Length, 2), .. Archives.Number(0, 2), .. name];
    }

    public byte[] Central(long at, bool zip64)
    {
        var name = Encoding.UTF8.GetBytes(Name);
        byte[] extra = zip64 ? [.. Archives.Number(0x9999, 2), .. Archives.Number(1, 2), 7, .. Archives.Number(1, 2), .. Archives.Number(24, 2), .. Archives.Number(Size ?? Content.Length, 8), .. Archives.Number(Packed.Length, 8), .. Archives.Number(at, 8)] : [];
        byte[] sizes = zip64 ? [.. Sizes()[..4], .. Archives.Number(0xFFFFFFFF, 4), .. Archives.Number(0xFFFFFFFF, 4)] : Sizes();
        return [.. "PK\u0001\u0002"u8, 20, 3, .. Archives.Number(20, 2), .. Head(), .. sizes, .. Archives.Number(name.Length, 2), .. Archives.Number(extra.Length, 2), .. Archives.Number(0, 8), .. Archives.Number(Mode, 2), .. Archives.Number(zip64 ? 0xFFFFFFFF : at, 4), .. name, .. extra];
    }

    private byte[] Head() => [.. Archives.Number(Flags | (Descriptor ? 8 : 0), 2), .. Archives.Number(Method ?? (Deflated ? 8 : 0), 2), .. Archives.Number(0, 4)];

    private static byte[] Deflate(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, CompressionLevel.Optimal))
            deflate.Write(content);
        return packed.ToArray();
    }
}
