using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Temper.Core.Ids;

/// <summary>
/// SHA-256 of some bytes, shown as 64 lower-case hex digits. Two equal digests mean equal content.
/// The default value is not a digest; reading <see cref="Hex"/> of it throws.
/// </summary>
[JsonConverter(typeof(DigestJson))]
public readonly record struct Digest : IComparable<Digest>
{
    // The 32 bytes as big-endian words: equality and order cost four comparisons, and a million ids 32 MB.
    private readonly ulong _a, _b, _c, _d;
    private readonly bool _isSet;

    private Digest(ReadOnlySpan<byte> hash)
    {
        (_a, _b) = (BinaryPrimitives.ReadUInt64BigEndian(hash), BinaryPrimitives.ReadUInt64BigEndian(hash[8..]));
        (_c, _d) = (BinaryPrimitives.ReadUInt64BigEndian(hash[16..]), BinaryPrimitives.ReadUInt64BigEndian(hash[24..]));
        _isSet = true;
    }

    /// <summary>64 lower-case hex digits.</summary>
    public string Hex
    {
        get
        {
            Span<byte> hash = stackalloc byte[32];
            CopyTo(hash);
            return Convert.ToHexStringLower(hash);
        }
    }

    /// <summary>First 12 hex digits, for people.</summary>
    public string Short => Hex[..12];

    /// <summary>Digest of <paramref name="bytes"/>.</summary>
    public static Digest Of(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(bytes, hash);
        return new(hash);
    }

    /// <summary>Digest of the UTF-8 bytes of <paramref name="text"/>.</summary>
    public static Digest OfText(string text) => Of(System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>Digest of all that is left in <paramref name="stream"/>.</summary>
    public static async Task<Digest> OfAsync(Stream stream, CancellationToken ct) =>
        new(await SHA256.HashDataAsync(stream, ct).ConfigureAwait(false));

    /// <summary>The 32 bytes of a finished hash as a digest.</summary>
    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    public static Digest FromHash(ReadOnlySpan<byte> hash) => hash.Length == 32
        ? new(hash)
        : throw new ArgumentException($"A SHA-256 hash has 32 bytes; this has {hash.Length}.", nameof(hash));

    /// <summary>Reads 64 lower-case hex digits.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Digest digest)
    {
        Span<byte> hash = stackalloc byte[32];
        var valid = text is { Length: 64 } && text.All(char.IsAsciiHexDigitLower)
            && Convert.FromHexString(text, hash, out _, out _) == System.Buffers.OperationStatus.Done;
        digest = valid ? new(hash) : default;
        return valid;
    }

    /// <summary>Reads 64 lower-case hex digits.</summary>
    /// <exception cref="FormatException">The text is anything else.</exception>
    public static Digest Parse(string text) => TryParse(text, out var digest)
        ? digest
        : throw new FormatException($"'{text}' is not a SHA-256 digest: expected 64 lower-case hex digits.");

    /// <inheritdoc/>
    public int CompareTo(Digest other) =>
        _a != other._a ? _a.CompareTo(other._a) : _b != other._b ? _b.CompareTo(other._b) : _c != other._c ? _c.CompareTo(other._c) : _d.CompareTo(other._d);

    /// <summary>Writes the 32 bytes of the hash.</summary>
    /// <exception cref="InvalidOperationException">This is the default value.</exception>
    public void CopyTo(Span<byte> hash)
    {
        if (!_isSet)
            throw new InvalidOperationException("The default Digest stands for no content.");
        BinaryPrimitives.WriteUInt64BigEndian(hash, _a);
        BinaryPrimitives.WriteUInt64BigEndian(hash[8..], _b);
        BinaryPrimitives.WriteUInt64BigEndian(hash[16..], _c);
        BinaryPrimitives.WriteUInt64BigEndian(hash[24..], _d);
    }

    /// <inheritdoc/>
    public override string ToString() => _isSet ? Hex : "(none)";

    public static bool operator <(Digest left, Digest right) => left.CompareTo(right) < 0;
    public static bool operator >(Digest left, Digest right) => left.CompareTo(right) > 0;
    public static bool operator <=(Digest left, Digest right) => left.CompareTo(right) <= 0;
    public static bool operator >=(Digest left, Digest right) => left.CompareTo(right) >= 0;

    private sealed class DigestJson : JsonConverter<Digest>
    {
        public override Digest Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            TryParse(reader.GetString(), out var digest) ? digest : throw new JsonException("expected 64 lower-case hex digits");

        public override void Write(Utf8JsonWriter writer, Digest value, JsonSerializerOptions options) => writer.WriteStringValue(value.Hex);
    }
}
