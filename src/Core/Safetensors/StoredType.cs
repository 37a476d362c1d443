using Temper.Core.Errors;

namespace Temper.Core.Safetensors;

/// <summary>Element types of a safetensors file that the product reads, in the order in which a writer places them;
/// all but <see cref="F64"/> are also written.</summary>
public enum StoredType
{
    /// <summary>64-bit signed integer.</summary>
    I64,

    /// <summary>IEEE 754 binary64. Read only.</summary>
    F64,

    /// <summary>IEEE 754 binary32.</summary>
    F32,

    /// <summary>32-bit signed integer.</summary>
    I32,

    /// <summary>The upper 16 bits of binary32.</summary>
    BF16,

    /// <summary>IEEE 754 binary16.</summary>
    F16,

    /// <summary>8-bit signed integer.</summary>
    I8,

    /// <summary>8-bit unsigned integer.</summary>
    U8,

    /// <summary>One byte, 0 or 1.</summary>
    Bool,
}

/// <summary>Facts about stored types.</summary>
public static class StoredTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int Bytes(this StoredType type) => type switch
    {
        StoredType.I64 or StoredType.F64 => 8,
        StoredType.F32 or StoredType.I32 => 4,
        StoredType.BF16 or StoredType.F16 => 2,
        _ => 1,
    };

    /// <summary>The name in a safetensors header.</summary>
    public static string HeaderName(this StoredType type) => type == StoredType.Bool ? "BOOL" : type.ToString();

    /// <summary>The type of weights that people name f32, f16 or bf16.</summary>
    /// <exception cref="TemperException">Code <c>dtype_unknown</c>.</exception>
    public static StoredType Parse(string name) => name.ToLowerInvariant() switch
    {
        "f32" or "float32" => StoredType.F32,
        "f16" or "float16" => StoredType.F16,
        "bf16" or "bfloat16" => StoredType.BF16,
        _ => throw new TemperException("dtype_unknown", $"Weights are not written with type '{name}'; there are f32, f16 and bf16."),
    };

    /// <summary>The type of a header's name, or null.</summary>
    public static StoredType? FromHeaderName(string name) => name switch
    {
        "I64" => StoredType.I64,
        "F64" => StoredType.F64,
        "F32" => StoredType.F32,
        "I32" => StoredType.I32,
        "BF16" => StoredType.BF16,
        "F16" => StoredType.F16,
        "I8" => StoredType.I8,
        "U8" => StoredType.U8,
        "BOOL" => StoredType.Bool,
        _ => null,
    };
}
