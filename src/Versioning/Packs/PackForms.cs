using System.IO.Compression;
using Temper.Core.Ids;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Packs;

/// <summary>An object as a pack keeps it.</summary>
/// <param name="Form">How.</param>
/// <param name="Bytes">What stands behind the entry's header.</param>
/// <param name="Base">The chunk that it differs from, where it is kept so.</param>
internal readonly record struct StoredBody(PackForm Form, ReadOnlyMemory<byte> Bytes, Digest? Base = null);

/// <summary>Turns objects into their stored form and back.</summary>
internal static class PackForms
{
    private const int Small = 512, Sample = 16 << 10;

    /// <summary>The form that is worth it, and its bytes.</summary>
    public static StoredBody Encode(ObjectKind kind, ReadOnlyMemory<byte> body, bool isTensor = false)
    {
        // Ids do not shrink, and tiny bodies not by more than finding out costs.
        if (body.Length < Small || kind is ObjectKind.Tree or ObjectKind.Recipe)
            return new(PackForm.Raw, body);
        // The spread of the bytes costs a thousandth of deflating them; weights that shrink by a fifth are not worth the time, empty ones are.
        if (SampledEntropy.Of(body.Span) > (isTensor ? 4 : 7.3))
            return new(PackForm.Raw, body);
        if (body.Length > 2 * Sample && Deflate(body.Slice(body.Length / 2, Sample)).Length > Sample * 3 / 4)
            return new(PackForm.Raw, body);
        var packed = Deflate(body);
        return Saves(packed.Length, body.Length) ? new(PackForm.Deflate, packed) : new(PackForm.Raw, body);
    }

    /// <summary>The object's bytes; null when the stored ones are not a whole stream of exactly <paramref name="size"/> bytes.</summary>
    public static byte[]? Decode(PackForm form, byte[] stored, int size) => form switch
    {
        PackForm.Raw => stored.Length == size ? stored : null,
        PackForm.Deflate => Inflate(stored, size),
        _ => null,
    };

    /// <summary>The chunk that a stored form needs beside it, named in its first 32 bytes; null for forms that stand alone.</summary>
    public static Digest? BaseOf(PackForm form, ReadOnlySpan<byte> stored) =>
        form == PackForm.Difference && stored.Length >= 32 ? Digest.FromHash(stored[..32]) : null;

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
