using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Temper.Core.Ids;
using Temper.Core.Json;

namespace Temper.Models;

/// <summary>Tokens and labels as bytes, and what they depend on besides their record: one cache serves ingestion's counts and every run that agrees.</summary>
public static class ExampleCodec
{
    private const byte Format = 1;

    /// <summary>Grows when the same record, template and tokenizer give another example than before.</summary>
    private const int Rules = 2;

    /// <summary>Everything that an example depends on besides its record. The first stop token also ends plain texts, so their order counts.</summary>
    public static Digest Space(Tokenizer tokenizer, ChatTemplate? template, IReadOnlyList<int> stopTokens, ExampleOptions options) => CanonicalJson.DigestOf(Wire.ToElement(new
    {
        Format,
        Rules,
        Tokenizer = tokenizer.Digest,
        Template = template?.Digest,
        Stop = stopTokens,
        options.TrainOn,
        options.MaxLength,
        options.OnOverlength,
    }));

    /// <summary>Format, count, ids (i32, little-endian), then one bit a token, low bit first.</summary>
    public static byte[] Encode(Example example)
    {
        var count = example.Tokens.Length;
        var bytes = new byte[5 + (4 * count) + ((count + 7) / 8)];
        bytes[0] = Format;
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(1), count);
        MemoryMarshal.AsBytes<int>(example.Tokens).CopyTo(bytes.AsSpan(5));
        for (var i = 0; i < count; i++)
            if (example.Supervised[i])
                bytes[5 + (4 * count) + (i / 8)] |= (byte)(1 << (i % 8));
        return bytes;
    }

    /// <summary>Null when the bytes are not what <see cref="Encode"/> makes.</summary>
    public static Example? Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 5 || bytes[0] != Format)
            return null;
        var count = BinaryPrimitives.ReadInt32LittleEndian(bytes[1..]);
        if (count < 0 || bytes.Length != 5 + (4L * count) + ((count + 7L) / 8))
            return null;
        var supervised = new bool[count];
        for (var i = 0; i < count; i++)
            supervised[i] = ((bytes[5 + (4 * count) + (i / 8)] >> (i % 8)) & 1) != 0;
        return new(MemoryMarshal.Cast<byte, int>(bytes.Slice(5, 4 * count)).ToArray(), supervised);
    }
}
