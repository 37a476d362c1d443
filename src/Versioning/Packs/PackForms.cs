using Temper.Core.Errors;
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
    /// <summary>In front of the planes of a difference: the base's id and the width of the numbers.</summary>
    public const int DifferenceHeader = 33;

    private const int Small = 512, Sample = 16 << 10;
    private const double Noise = 7.3, NotWorthIt = 0.8 * 8;

    /// <summary>The form that is worth it, and its bytes.</summary>
    public static StoredBody Encode(ObjectKind kind, ReadOnlyMemory<byte> body, bool isTensor = false)
    {
        // Ids do not shrink, and tiny bodies not by more than finding out costs.
        if (body.Length < Small || kind is ObjectKind.Tree or ObjectKind.Recipe)
            return new(PackForm.Raw, body);
        // The spread of the bytes costs a thousandth of deflating them; weights that shrink by a fifth are not worth the time, empty ones are.
        if (SampledEntropy.Of(body.Span) > (isTensor ? 4 : Noise))
            return new(PackForm.Raw, body);
        if (body.Length > 2 * Sample && Deflating.Pack(body.Span.Slice(body.Length / 2, Sample), Deflating.Text).Length > Sample * 3 / 4)
            return new(PackForm.Raw, body);
        return Smaller(PackForm.Deflate, Deflating.Pack(body.Span, Deflating.Text), body);
    }

    /// <summary>Numbers of two or four bytes as byte planes; as they are where that does not save a tenth.</summary>
    public static StoredBody EncodePlanes(ReadOnlyMemory<byte> body, int width) => width is not (2 or 4) || BytePlanes.Estimate(body.Span, width) > NotWorthIt + 0.8
        ? new(PackForm.Raw, body)
        : Smaller(width == 2 ? PackForm.Planes2 : PackForm.Planes4, BytePlanes.Encode(body.Span, width), body);

    /// <summary>What differs from <paramref name="from"/>, which has the same length; null where that does not save a fifth.</summary>
    public static StoredBody? EncodeDifference(ReadOnlySpan<byte> body, int width, Digest id, byte[] from)
    {
        // The base's buffer is the caller's own: it becomes the difference.
        BytePlanes.Xor(from, body);
        if (BytePlanes.Estimate(from, width) > NotWorthIt)
            return null;
        var coded = BytePlanes.Encode(from, width, DifferenceHeader);
        if (coded.Length > body.Length * 4L / 5)
            return null;
        var stored = System.Runtime.InteropServices.MemoryMarshal.AsMemory(coded).Span;
        id.CopyTo(stored);
        stored[32] = (byte)width;
        return new(PackForm.Difference, coded, id);
    }

    /// <summary>The base of a difference, by its stored bytes.</summary>
    /// <exception cref="TemperException">Code <c>object_corrupt</c>: too few of them.</exception>
    public static Digest BaseOf(ReadOnlySpan<byte> stored, in PackRow row, Digest pack) => stored.Length >= DifferenceHeader
        ? Digest.FromHash(stored[..32])
        : throw PackFormat.Corrupt(pack, $"the object {row.Id} is a difference from nothing");

    /// <summary>The object's bytes; null when the stored ones are not a whole stream of exactly <paramref name="size"/> bytes.</summary>
    /// <param name="form">How they are kept.</param>
    /// <param name="stored">What stands behind the entry's header.</param>
    /// <param name="size">Of the object.</param>
    /// <param name="from">The base of a difference.</param>
    public static byte[]? Decode(PackForm form, byte[] stored, int size, byte[]? from = null) => form switch
    {
        PackForm.Raw => stored.Length == size ? stored : null,
        PackForm.Deflate => new byte[size] is var body && Deflating.Unpack(stored, body) ? body : null,
        PackForm.Planes2 => BytePlanes.Decode(stored, 2, size),
        PackForm.Planes4 => BytePlanes.Decode(stored, 4, size),
        PackForm.Difference when from?.Length == size && stored.Length >= DifferenceHeader && stored[32] is 1 or 2 or 4 or 8 =>
            Add(BytePlanes.Decode(stored.AsMemory(DifferenceHeader), stored[32], size), from),
        _ => null,
    };

    private static byte[]? Add(byte[]? difference, byte[] from)
    {
        if (difference is not null)
            BytePlanes.Xor(difference, from);
        return difference;
    }

    private static StoredBody Smaller(PackForm form, ReadOnlyMemory<byte> packed, ReadOnlyMemory<byte> body) =>
        packed.Length <= body.Length - (body.Length + 9) / 10 ? new(form, packed) : new(PackForm.Raw, body);
}
