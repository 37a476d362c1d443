namespace Temper.Models;

/// <summary>Element types of a safetensors file that the product reads; all but <see cref="F64"/> are also written.</summary>
public enum StoredType
{
    /// <summary>IEEE 754 binary64. Read only.</summary>
    F64,

    /// <summary>64-bit signed integer.</summary>
    I64,

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
