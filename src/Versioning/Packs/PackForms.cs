using System.IO.Compression;

namespace Temper.Versioning.Packs;

/// <summary>Turns objects into their stored form and back.</summary>
internal static class PackForms
{
    private const int Sample = 16 << 10;

    /// <summary>The form that is worth it, and its bytes.</summary>
    public static (PackForm Form, ReadOnlyMemory<byte> Stored) Encode(ReadOnlyMemory<byte> body)
    {
        // Weights hardly shrink; a sample says so for a thirtieth of the time.
        if (body.Length > 4 * Sample && !Saves(Deflate(body[..Sample]).Length, Sample))
            return (PackForm.Raw, body);
        var packed = Deflate(body);
        return Saves(packed.Length, body.Length) ? (PackForm.Deflate, packed) : (PackForm.Raw, body);
    }

    /// <summary>The object's bytes; null when the stored ones are not a whole stream of exactly <paramref name="size"/> bytes.</summary>
    public static byte[]? Decode(PackForm form, byte[] stored, int size) => form switch
    {
        PackForm.Raw => stored.Length == size ? stored : null,
        PackForm.Deflate => Inflate(stored, size),
        _ => null,
    };

    private static bool Saves(int packed, int raw) => packed <= raw - (raw + 9) / 10;

    private static byte[] Deflate(ReadOnlyMemory<byte> body)
    {
        using var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            deflate.Write(body.Span);
        return packed.ToArray();
    }

    private static byte[]? Inflate(byte[] stored, int size)
    {
        var body = new byte[size];
        try
        {
            using var inflate = new DeflateStream(new MemoryStream(stored, writable: false), CompressionMode.Decompress);
            // A bomb is stopped at the size that the catalogue knows.
            return inflate.ReadAtLeast(body, size, throwOnEndOfStream: false) == size && inflate.ReadByte() < 0 ? body : null;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
