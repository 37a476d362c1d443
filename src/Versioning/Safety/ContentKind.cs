using System.Buffers.Binary;
using System.Text;
using System.Text.RegularExpressions;
using Temper.Core.Safetensors;

namespace Temper.Versioning.Safety;

/// <summary>What a file is, by its first and last bytes.</summary>
internal static partial class ContentKind
{
    private static readonly (string Format, byte[] Magic)[] Magics =
    [
        ("png", [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]),
        ("jpeg", [0xFF, 0xD8, 0xFF]),
        ("gguf", "GGUF"u8.ToArray()),
        ("zip", [(byte)'P', (byte)'K', 3, 4]),
        ("zip", [(byte)'P', (byte)'K', 5, 6]),
        ("zip", [(byte)'P', (byte)'K', 7, 8]),
        ("npy", [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y']),
        ("gzip", [0x1F, 0x8B]),
        ("bzip2", "BZh"u8.ToArray()),
        ("xz", [0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]),
        ("zstd", [0x28, 0xB5, 0x2F, 0xFD]),
        ("lz4", [0x04, 0x22, 0x4D, 0x18]),
        ("7z", [(byte)'7', (byte)'z', 0xBC, 0xAF, 0x27, 0x1C]),
        ("hdf5", [0x89, (byte)'H', (byte)'D', (byte)'F', 0x0D, 0x0A, 0x1A, 0x0A]),
        ("arrow", "ARROW1"u8.ToArray()),
        ("gif", "GIF8"u8.ToArray()),
        ("elf", [0x7F, (byte)'E', (byte)'L', (byte)'F']),
        ("sqlite", "SQLite format 3\0"u8.ToArray()),
        ("pdf", "%PDF-"u8.ToArray()),
    ];

    /// <summary>The format, <c>unknown</c> for what fits none.</summary>
    /// <param name="head">The first bytes, at most 64 KiB.</param>
    /// <param name="tail">The last ones.</param>
    /// <param name="length">Of the whole file.</param>
    public static string Of(byte[] head, byte[] tail, long length)
    {
        if (length == 0)
            return "empty";
        if (IsSafetensors(head, length))
            return "safetensors";
        if (head.AsSpan().StartsWith("PAR1"u8) && length >= 12 && tail.AsSpan().EndsWith("PAR1"u8))
            return "parquet";
        if (head.AsSpan().StartsWith("RIFF"u8) && head.Length >= 12)
            return Encoding.ASCII.GetString(head, 8, 4) switch { "WEBP" => "webp", "WAVE" => "wav", _ => "riff" };
        if (head.Length > 262 && head.AsSpan(257).StartsWith("ustar"u8))
            return "tar";
        foreach (var (format, magic) in Magics)
            if (head.AsSpan().StartsWith(magic))
                return format;
        if (head.Length > 1 && head[0] == 0x80 && head[1] <= 5)
            return "pickle";
        if (IsText(head, length > head.Length, isStart: true) && (ReferenceEquals(head, tail) || IsText(tail, false, isStart: false)))
            return "text";
        return IsSentencePiece(head) ? "sentencepiece" : "unknown";
    }

    /// <summary>Whether a reader that looks for an archive from the end of the file finds one.</summary>
    public static bool EndsAsZip(ReadOnlySpan<byte> tail)
    {
        ReadOnlySpan<byte> mark = [(byte)'P', (byte)'K', 5, 6];
        for (var rest = tail; rest.LastIndexOf(mark) is var at and >= 0; rest = tail[..at])
            if (tail.Length - at >= 22 && BinaryPrimitives.ReadUInt16LittleEndian(tail[(at + 20)..]) == tail.Length - at - 22)
                return true;
        return false;
    }

    /// <summary>Whether the header of a NumPy array names Python objects as its type.</summary>
    public static bool IsObjectArray(ReadOnlySpan<byte> head)
    {
        if (head.Length < 12)
            return true;
        var start = head[6] == 1 ? 10 : 12;
        var count = head[6] == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(head[8..]) : BinaryPrimitives.ReadInt32LittleEndian(head[8..]);
        if (count < 0 || count > head.Length - start)
            return true;
        var text = Encoding.Latin1.GetString(head.Slice(start, count));
        var descr = text.IndexOf("'descr'", StringComparison.Ordinal);
        // Only plain numbers are taken at their word; whatever else a type may be spelt as could hold objects.
        return descr < 0 || !PlainType().IsMatch(text[descr..]);
    }

    [GeneratedRegex(@"^'descr'\s*:\s*'[<>|=]?[biufcSU]\d+'\s*[,}]")]
    private static partial Regex PlainType();

    private static bool IsSafetensors(ReadOnlySpan<byte> head, long length) => head.Length > 9 && head[8] == (byte)'{'
        && BinaryPrimitives.ReadUInt64LittleEndian(head) is var count && count <= SafetensorsHeader.MaximumBytes && count <= (ulong)(length - 8);

    // UTF-8 without NUL, or UTF-16 that says so. The cut at the edge of what was read may split a character.
    private static bool IsText(ReadOnlySpan<byte> bytes, bool isCut, bool isStart)
    {
        if (isStart && (bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || bytes.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF])))
            return bytes.Length % 2 == 0;
        if (!isStart)
            while (bytes.Length > 0 && (bytes[0] & 0xC0) == 0x80)
                bytes = bytes[1..];
        for (var cut = 0; isCut && cut < 3 && bytes.Length > 0 && bytes[^1] >= 0x80; cut++)
        {
            var last = bytes[^1];
            bytes = bytes[..^1];
            if (last >= 0xC0)
                break;
        }
        return !bytes.Contains((byte)0) && System.Text.Unicode.Utf8.IsValid(bytes);
    }

    // A list of pieces, each a text, a score and perhaps a kind: field 1 { 1: text, 2: float, 3: kind }.
    private static bool IsSentencePiece(ReadOnlySpan<byte> head)
    {
        var pieces = 0;
        for (var rest = head; rest.Length > 2 && rest[0] == 0x0A && rest[1] < 0x80 && pieces < 64; pieces++)
        {
            int size = rest[1];
            if (rest.Length < size + 2)
                break;
            var piece = rest.Slice(2, size);
            if (piece.Length < 7 || piece[0] != 0x0A || piece[1] > piece.Length - 7 || piece[2 + piece[1]] != 0x15 || !System.Text.Unicode.Utf8.IsValid(piece.Slice(2, piece[1])))
                return false;
            rest = rest[(size + 2)..];
        }
        return pieces >= 3;
    }
}
