using System.Runtime.InteropServices;
using Temper.Core.Errors;
using Temper.Core.Safetensors;

namespace Temper.Models;

/// <summary>Element types of GGUF tensors that the product reads and writes, with ggml's numbers.</summary>
public enum GgufType
{
    /// <summary>IEEE 754 binary32.</summary>
    F32 = 0,

    /// <summary>IEEE 754 binary16.</summary>
    F16 = 1,

    /// <summary>Blocks of 32 numbers of a row: a binary16 scale d = max|x| / 127 and 32 signed bytes.</summary>
    Q8_0 = 8,

    /// <summary>The upper 16 bits of binary32.</summary>
    BF16 = 30,
}

/// <summary>Facts about GGUF's element types, and conversion.</summary>
public static class GgufTypes
{
    private const int Block = 32, BlockBytes = 34;

    /// <summary>Bytes of a row of <paramref name="columns"/> elements.</summary>
    public static long RowBytes(this GgufType type, long columns) => checked(type switch
    {
        GgufType.F32 => columns * 4,
        GgufType.Q8_0 => columns / Block * BlockBytes,
        _ => columns * 2,
    });

    /// <summary>Whether rows of this width can be stored.</summary>
    public static bool Fits(this GgufType type, long columns) => type != GgufType.Q8_0 || columns % Block == 0;

    /// <summary>The type of a name as people write it (f32, f16, bf16, q8_0).</summary>
    /// <exception cref="TemperException">Code <c>dtype_unknown</c>.</exception>
    public static GgufType Parse(string name) => name.ToLowerInvariant() switch
    {
        "f32" => GgufType.F32,
        "f16" => GgufType.F16,
        "bf16" => GgufType.BF16,
        "q8_0" => GgufType.Q8_0,
        _ => throw new TemperException("dtype_unknown", $"GGUF is not written with type '{name}'; there are f32, f16, bf16 and q8_0."),
    };

    /// <summary>Rounds numbers once, to nearest; Q8_0 as ggml's reference does (ties away from zero).</summary>
    internal static void FromFloats(GgufType type, ReadOnlySpan<float> source, Span<byte> target)
    {
        if (type != GgufType.Q8_0) StoredNumbers.FromFloats(Stored(type), source, target);
        else
            for (var block = 0; block < source.Length / Block; block++)
                Pack(source.Slice(block * Block, Block), target.Slice(block * BlockBytes, BlockBytes));
    }

    /// <summary>Widens stored elements.</summary>
    internal static void ToFloats(GgufType type, ReadOnlySpan<byte> source, Span<float> target)
    {
        if (type != GgufType.Q8_0)
        {
            StoredNumbers.ToFloats(Stored(type), source, target);
            return;
        }

        for (var block = 0; block < target.Length / Block; block++)
        {
            var bytes = source.Slice(block * BlockBytes, BlockBytes);
            var scale = (float)MemoryMarshal.Read<Half>(bytes);
            for (var i = 0; i < Block; i++) target[block * Block + i] = scale * (sbyte)bytes[2 + i];
        }
    }

    private static StoredType Stored(GgufType type) => type switch
    {
        GgufType.F32 => StoredType.F32,
        GgufType.F16 => StoredType.F16,
        _ => StoredType.BF16,
    };

    private static void Pack(ReadOnlySpan<float> numbers, Span<byte> block)
    {
        var largest = 0f;
        foreach (var number in numbers) largest = MathF.Max(largest, MathF.Abs(number));
        var scale = largest / 127;
        var inverse = scale == 0 ? 0 : 1 / scale;
        MemoryMarshal.Write(block, (Half)scale);
        for (var i = 0; i < Block; i++) block[2 + i] = (byte)(sbyte)MathF.Round(numbers[i] * inverse, MidpointRounding.AwayFromZero);
    }
}
