namespace Temper.Models;

/// <summary>A tensor to be written: <paramref name="Fill"/> is asked for consecutive pieces of f32 values in row-major order.</summary>
/// <param name="Name">Key in the header.</param>
/// <param name="Type">F32, F16 or BF16: rounded to nearest even while written.</param>
/// <param name="Shape">Sizes, outermost first.</param>
/// <param name="Fill">(first element, target) writes target.Length values.</param>
public sealed record TensorSource(string Name, StoredType Type, IReadOnlyList<long> Shape, FillTensor Fill);

/// <summary>Writes elements [<paramref name="first"/>, first + target.Length) of a tensor.</summary>
public delegate void FillTensor(long first, Span<float> target);

/// <summary>Writes safetensors files as the reference implementation does: descending alignment, then name; header padded to
/// 8 bytes; <c>{"format":"pt"}</c>; temporary file, fsync, rename.</summary>
public static class SafetensorsWriter
{
    /// <summary>Writes or replaces <paramref name="path"/>.</summary>
    public static void Write(string path, IEnumerable<TensorSource> tensors) => throw new NotSupportedException(path);
}
