using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>A tensor to be written to a GGUF file. <paramref name="Fill"/> is asked for whole consecutive rows.</summary>
/// <param name="Name">ggml's name.</param>
/// <param name="Type">How it is stored.</param>
/// <param name="Shape">Sizes, outermost first (the file lists them the other way round); the last is the row's width.</param>
/// <param name="Fill">Gives the numbers.</param>
public sealed record GgufTensor(string Name, GgufType Type, IReadOnlyList<long> Shape, FillFloats Fill)
{
    /// <summary>Elements of a row.</summary>
    public long Columns => Shape.Count == 0 ? 1 : Shape[^1];

    /// <summary>Number of rows.</summary>
    public long Rows => Shape.Take(Math.Max(0, Shape.Count - 1)).Aggregate(1L, (product, size) => checked(product * size));

    /// <summary>Bytes of all rows, without padding.</summary>
    public long Bytes => checked(Rows * Type.RowBytes(Columns));

    /// <summary>Hands the stored bytes, piece by piece, to <paramref name="sink"/>.</summary>
    internal void Stream(Action<ReadOnlyMemory<byte>> sink)
    {
        const int Piece = 1 << 18;
        var (columns, at) = ((int)Columns, 0L);
        var rows = (int)Math.Clamp(Piece / Math.Max(1, columns), 1, Math.Max(1, Rows));
        var (numbers, bytes) = (new float[rows * columns], new byte[rows * Type.RowBytes(columns)]);
        for (; at < Rows; at += rows)
        {
            var count = (int)Math.Min(rows, Rows - at);
            var part = numbers.AsSpan(0, count * columns);
            Fill(at * columns, part);
            var stored = bytes.AsMemory(0, (int)(count * Type.RowBytes(columns)));
            GgufTypes.FromFloats(Type, part, stored.Span);
            RefuseInfinity(part, stored.Span);
            sink(stored);
        }
    }

    /// <summary>F16, and the scales of Q8_0, end at 65504.</summary>
    private void RefuseInfinity(ReadOnlySpan<float> numbers, ReadOnlySpan<byte> stored)
    {
        if (Type is not (GgufType.F16 or GgufType.Q8_0)) return;
        var back = new float[numbers.Length];
        GgufTypes.ToFloats(Type, stored, back);
        for (var i = 0; i < back.Length; i++)
            if (!float.IsFinite(back[i]) && float.IsFinite(numbers[i]))
                throw new TemperException("number_too_large", $"Writing GGUF: {numbers[i]} of '{Name}' is too large for {Type}.", "Export with --dtype bf16 or f32.");
    }
}
