namespace Temper.Ingest;

/// <summary>Kinds of picture by their first bytes. Names and a server's words about them are not asked.</summary>
internal static class ImageKind
{
    /// <summary>Bytes that are enough.</summary>
    public const int Needed = 16;

    /// <summary>The usual file name extension; null for what is no picture.</summary>
    public static string? Of(ReadOnlySpan<byte> begin)
    {
        if (begin.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]))
            return "png";
        if (begin.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]))
            return "jpg";
        if (begin.StartsWith("GIF87a"u8) || begin.StartsWith("GIF89a"u8))
            return "gif";
        if (begin.Length >= 12 && begin.StartsWith("RIFF"u8) && begin[8..12].SequenceEqual("WEBP"u8))
            return "webp";
        if (begin.Length >= 12 && begin[4..8].SequenceEqual("ftyp"u8) && (begin[8..12].SequenceEqual("avif"u8) || begin[8..12].SequenceEqual("avis"u8)))
            return "avif";
        if (begin.StartsWith((ReadOnlySpan<byte>)[(byte)'I', (byte)'I', 42, 0]) || begin.StartsWith((ReadOnlySpan<byte>)[(byte)'M', (byte)'M', 0, 42]))
            return "tif";
        // Two letters alone begin many texts: the reserved fields behind the size must be zero, too.
        return begin.Length >= 10 && begin.StartsWith("BM"u8) && begin[6..10].IndexOfAnyExcept((byte)0) < 0 ? "bmp" : null;
    }

    /// <summary>Whether a server's Content-Type may stand before a picture.</summary>
    public static bool IsPlausible(string? mediaType) => mediaType is null or "" or "application/octet-stream" or "binary/octet-stream"
        || mediaType.StartsWith("image/", StringComparison.OrdinalIgnoreCase);
}
