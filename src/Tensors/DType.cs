namespace Temper.Tensors;

/// <summary>Element types of stored tensors. Engines compute in F32 (F64 in the double engine); F16 and BF16 are storage
/// that <see cref="IEngine.Cast"/> widens; I32 holds token ids, positions and targets.</summary>
public enum DType
{
    /// <summary>IEEE 754 binary32.</summary>
    F32,

    /// <summary>IEEE 754 binary64; compute type of the double engine.</summary>
    F64,

    /// <summary>IEEE 754 binary16.</summary>
    F16,

    /// <summary>The upper 16 bits of binary32.</summary>
    BF16,

    /// <summary>32-bit signed integer.</summary>
    I32,

    /// <summary>A weight of <see cref="IEngine.Freeze"/>, whose elements have no place of their own.</summary>
    Frozen,
}

/// <summary>Facts about element types.</summary>
public static class DTypes
{
    /// <summary>Bytes of one element; 0 for <see cref="DType.Frozen"/>.</summary>
    public static int Bytes(this DType type) => type switch
    {
        DType.F64 => 8,
        DType.F32 or DType.I32 => 4,
        DType.Frozen => 0,
        _ => 2,
    };
}
