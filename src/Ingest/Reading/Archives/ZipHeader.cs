using System.Buffers.Binary;

namespace Temper.Ingest;

/// <summary>One header of a zip archive's central directory.</summary>
internal static class ZipHeader
{
    /// <summary>Why entries that lie in each other are refused.</summary>
    public const string Overlap = "its bytes overlap those of another entry";

    private const ushort Encrypted = 1 | (1 << 6) | (1 << 13);

    /// <summary>The entry of a header.</summary>
    /// <param name="header">46 bytes.</param>
    /// <param name="rest">Name, extra fields and comment.</param>
    public static FoundEntry Read(ReadOnlySpan<byte> header, ReadOnlySpan<byte> rest)
    {
        var name = rest[..BinaryPrimitives.ReadUInt16LittleEndian(header[28..])].ToArray();
        var extra = rest.Slice(name.Length, BinaryPrimitives.ReadUInt16LittleEndian(header[30..]));
        var method = BinaryPrimitives.ReadUInt16LittleEndian(header[10..]);
        var wide = Zip64(extra);
        var size = Wide(header[24..], ref wide);
        var packed = Wide(header[20..], ref wide);
        var offset = Wide(header[42..], ref wide);
        var folder = name is [.., (byte)'/'];
        var refusal = RefusalOf(header, method, folder && size > 0) ?? (size is null || packed is null || offset is null || (method == 0 && size != packed) ? "its sizes do not hold together" : null);
        var entry = new ArchiveEntry(ArchiveKind.Zip, "", offset ?? 0, size ?? 0, packed ?? 0, 0, BinaryPrimitives.ReadUInt32LittleEndian(header[16..]), method == 8);
        return new(name, entry, folder, refusal);
    }

    private static string? RefusalOf(ReadOnlySpan<byte> header, ushort method, bool fullFolder)
    {
        if ((BinaryPrimitives.ReadUInt16LittleEndian(header[8..]) & Encrypted) != 0)
            return "it is encrypted";
        if (method is not (0 or 8))
            return FormattableString.Invariant($"it is compressed by method {method}; stored and deflated entries are read");
        // Attributes are Unix modes where the archive was made on Unix or macOS.
        var mode = header[5] is 3 or 19 ? (header[41] << 8 | header[40]) & 0xF000 : 0;
        if (mode is not (0 or 0x4000 or 0x8000))
            return mode == 0xA000 ? "it is a link" : "it is a device";
        return fullFolder ? "it is a folder with content" : null;
    }

    /// <summary>The Zip64 field among the extra ones; empty when there is none.</summary>
    private static ReadOnlySpan<byte> Zip64(ReadOnlySpan<byte> extra)
    {
        while (extra.Length >= 4)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]);
            if (length > extra.Length - 4)
                return [];
            if (BinaryPrimitives.ReadUInt16LittleEndian(extra) == 1)
                return extra.Slice(4, length);
            extra = extra[(4 + length)..];
        }
        return [];
    }

    /// <summary>A number of four bytes, or of the next eight of the Zip64 field where those four are all ones; null when that is too short or too large.</summary>
    private static long? Wide(ReadOnlySpan<byte> field, ref ReadOnlySpan<byte> wide)
    {
        var value = BinaryPrimitives.ReadUInt32LittleEndian(field);
        if (value != uint.MaxValue)
            return value;
        if (wide.Length < 8)
            return null;
        var read = BinaryPrimitives.ReadInt64LittleEndian(wide);
        wide = wide[8..];
        return read is >= 0 and < 1L << 56 ? read : null;
    }
}
