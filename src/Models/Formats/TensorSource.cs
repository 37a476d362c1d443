using System.Runtime.InteropServices;
using Temper.Core.Safetensors;

namespace Temper.Models;

/// <summary>Writes elements of a tensor from <paramref name="first"/> on, as many as fit <paramref name="target"/>, as they are stored.</summary>
public delegate void FillBytes(long first, Span<byte> target);

/// <summary>Writes elements [<paramref name="first"/>, first + target.Length) of a tensor.</summary>
public delegate void FillFloats(long first, Span<float> target);

/// <summary>A tensor to be written. <paramref name="Fill"/> is asked for consecutive pieces in row-major order.</summary>
/// <param name="Name">Key in the header.</param>
/// <param name="Type">Any type but F64.</param>
/// <param name="Shape">Sizes, outermost first.</param>
/// <param name="Fill">Gives the bytes.</param>
public sealed record TensorSource(string Name, StoredType Type, IReadOnlyList<long> Shape, FillBytes Fill)
{
    /// <summary>Number of elements.</summary>
    public long Count => Shape.Aggregate(1L, (product, size) => checked(product * size));

    /// <summary>A tensor of numbers, rounded to nearest even while written.</summary>
    /// <param name="name">Key in the header.</param>
    /// <param name="type">F32, F16 or BF16.</param>
    /// <param name="shape">Sizes, outermost first.</param>
    /// <param name="fill">Gives the numbers.</param>
    public static TensorSource Numbers(string name, StoredType type, IReadOnlyList<long> shape, FillFloats fill) => new(name, type, shape, (first, target) =>
    {
        var count = target.Length / type.Bytes();
        if (type == StoredType.F32)
        {
            fill(first, MemoryMarshal.Cast<byte, float>(target));
            return;
        }

        var floats = new float[count];
        fill(first, floats);
        StoredNumbers.FromFloats(type, floats, target);
    });

    /// <summary>A tensor of numbers that lie in memory.</summary>
    public static TensorSource Of(string name, IReadOnlyList<long> shape, float[] values, StoredType type = StoredType.F32) =>
        Numbers(name, type, shape, (first, target) => values.AsSpan((int)first, target.Length).CopyTo(target));
}
