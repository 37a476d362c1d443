using System.Buffers.Binary;
using System.Text;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Content;

namespace Temper.Versioning.Objects;

/// <summary>
/// Recipes as bytes, little endian: file id 32, version u32 = 1, size u64, chunks u32, length of the chunker's name u8, the name in ASCII; per chunk
/// its id 32 and length u32; SHA-256 of all before. Specification and test vector: docs/formats/objects.md.
/// </summary>
public static class RecipeCodec
{
    private const int Version = 1, Fixed = 49, Row = 36, LongestName = 64;

    /// <summary>Bytes of a recipe.</summary>
    /// <exception cref="ArgumentException">The chunker's name is not 1 to 64 printable ASCII characters.</exception>
    public static byte[] Encode(Recipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        var name = recipe.Chunker;
        if (name.Length is 0 or > LongestName || name.Any(c => c is < '!' or > '~'))
            throw new ArgumentException($"'{name}' cannot be the name of a way of cutting.", nameof(recipe));
        var body = new byte[Fixed + name.Length + recipe.Chunks.Count * Row + 32];
        recipe.File.CopyTo(body);
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(32), Version);
        BinaryPrimitives.WriteInt64LittleEndian(body.AsSpan(36), recipe.Size);
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(44), recipe.Chunks.Count);
        body[48] = (byte)name.Length;
        Encoding.ASCII.GetBytes(name, body.AsSpan(Fixed));
        var rest = body.AsSpan(Fixed + name.Length);
        foreach (var chunk in recipe.Chunks)
        {
            chunk.Id.CopyTo(rest);
            BinaryPrimitives.WriteInt32LittleEndian(rest[32..], chunk.Length);
            rest = rest[Row..];
        }
        Digest.Of(body.AsSpan(0, body.Length - 32)).CopyTo(rest);
        return body;
    }

    /// <summary>Reads an encoded recipe.</summary>
    /// <exception cref="TemperException">Code <c>object_corrupt</c>: the bytes are not what <see cref="Encode"/> writes.</exception>
    public static Recipe Decode(ReadOnlySpan<byte> body)
    {
        if (IdOf(body) is not { } file)
            throw Corrupt("it does not have the digest at its end");
        var (size, count, name) = (BinaryPrimitives.ReadInt64LittleEndian(body[36..]), BinaryPrimitives.ReadInt32LittleEndian(body[44..]), body[48]);
        if (BinaryPrimitives.ReadInt32LittleEndian(body[32..]) is var version and not Version)
            throw Corrupt($"it has format version {version}; this program reads {Version}");
        if (count < 0 || name is 0 or > LongestName || body.Length != Fixed + name + (long)count * Row + 32)
            throw Corrupt("its length is not that of its chunks");
        var chunks = new FileChunk[count];
        var rest = body[(Fixed + name)..];
        long sum = 0;
        for (var i = 0; i < count; i++, rest = rest[Row..])
        {
            chunks[i] = new(Digest.FromHash(rest[..32]), BinaryPrimitives.ReadInt32LittleEndian(rest[32..]));
            if (chunks[i].Length is <= 0 or > Packs.PackFormat.LargestChunk)
                throw Corrupt($"chunk {i} has {chunks[i].Length} bytes");
            sum += chunks[i].Length;
        }
        return sum == size
            ? new(file, size, Encoding.ASCII.GetString(body.Slice(Fixed, name)), chunks)
            : throw Corrupt($"its chunks have {sum} bytes together, the file {size}");
    }

    /// <summary>The file that a recipe is of; null when its own digest does not hold.</summary>
    internal static Digest? IdOf(ReadOnlySpan<byte> body) =>
        body.Length >= Fixed + 1 + 32 && Digest.Of(body[..^32]) == Digest.FromHash(body[^32..]) ? Digest.FromHash(body[..32]) : null;

    private static TemperException Corrupt(string why) => ObjectText.Corrupt("recipe", why);
}
