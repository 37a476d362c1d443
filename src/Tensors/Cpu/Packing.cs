using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Temper.Tensors;

/// <summary>Copies of matrix parts into the order in which the tiles read them.</summary>
internal static unsafe class Packing<T, V> where T : unmanaged where V : struct, ILanes<V, T>
{
    private const int Panel = 32;

    /// <summary>A panel from a row-major matrix: rows of up to 32 columns.</summary>
    public static void Rows(T* source, long step, int k, int columns, T* target)
    {
        for (var i = 0; i < k; i++, source += step, target += Panel)
        {
            if (columns == Panel)
            {
                V.Load(source).Store(target);
                V.Load(source + 16).Store(target + 16);
                continue;
            }

            Part<T, V>.Store(Part<T, V>.Load(source, columns), target, 16);
            if (columns > 16) V.LoadPart(source + 16, columns - 16).Store(target + 16);
            else V.Zero.Store(target + 16);
        }
    }

    /// <summary>A panel whose columns are contiguous in memory, <paramref name="step"/> apart.</summary>
    public static void Columns(T* source, long step, int k, int columns, T* target)
    {
        var j = 0;
        if (typeof(T) == typeof(float))
        {
            for (; j + 4 <= columns; j += 4) FourColumns((float*)source + j * step, step, k, (float*)target + j);
        }

        for (; j < columns; j++)
        {
            var column = source + j * step;
            for (var i = 0; i < k; i++) target[(long)i * Panel + j] = column[i];
        }

        for (; j < Panel; j++)
        {
            for (var i = 0; i < k; i++) target[(long)i * Panel + j] = default;
        }
    }

    /// <summary>The tile of A, k after k: <paramref name="height"/> numbers each, missing rows zero.</summary>
    public static void TileOfA(T* source, Matrix<T> a, int rows, int height, int depth, T* target)
    {
        if (a.RowStep == 1)
        {
            if (rows == 12 && height == 12)
            {
                for (var i = 0; i < depth; i++, source += a.ColumnStep, target += 12) *(Twelve*)target = *(Twelve*)source;
                return;
            }

            for (var i = 0; i < depth; i++, source += a.ColumnStep, target += height)
            {
                for (var r = 0; r < height; r++) target[r] = r < rows ? source[r] : default;
            }

            return;
        }

        var row = 0;
        if (typeof(T) == typeof(float))
        {
            for (; row + 4 <= rows; row += 4) FourRows((float*)source + row * a.RowStep, a.RowStep, depth, (float*)target + row, height);
        }

        for (; row < height; row++)
        {
            for (var i = 0; i < depth; i++) target[i * height + row] = row < rows ? source[row * a.RowStep + i] : default;
        }
    }

    /// <summary>Twelve elements, so that the compiler copies them with a few wide moves.</summary>
    [System.Runtime.CompilerServices.InlineArray(12)]
    private struct Twelve
    {
        private T first;
    }

    private static void FourColumns(float* source, long step, int k, float* target) => FourRows(source, step, k, target, Panel);

    /// <summary>Transposes four rows: element (r, i) goes to target[i · stride + r].</summary>
    private static void FourRows(float* source, long step, int k, float* target, int stride)
    {
        var i = 0;
        for (; i + 4 <= k; i += 4, source += 4, target += 4 * stride)
        {
            var a = Vector128.Load(source);
            var b = Vector128.Load(source + step);
            var c = Vector128.Load(source + 2 * step);
            var d = Vector128.Load(source + 3 * step);
            Turn(a, b, c, d, target, stride);
        }

        for (; i < k; i++, source++, target += stride)
        {
            for (var r = 0; r < 4; r++) target[r] = source[r * step];
        }
    }

    private static void Turn(Vector128<float> a, Vector128<float> b, Vector128<float> c, Vector128<float> d, float* target, int stride)
    {
        if (Sse.IsSupported)
        {
            var ab0 = Sse.UnpackLow(a, b);
            var ab1 = Sse.UnpackHigh(a, b);
            var cd0 = Sse.UnpackLow(c, d);
            var cd1 = Sse.UnpackHigh(c, d);
            Sse.MoveLowToHigh(ab0, cd0).Store(target);
            Sse.MoveHighToLow(cd0, ab0).Store(target + stride);
            Sse.MoveLowToHigh(ab1, cd1).Store(target + 2 * stride);
            Sse.MoveHighToLow(cd1, ab1).Store(target + 3 * stride);
            return;
        }

        for (var i = 0; i < 4; i++)
        {
            target[i * stride] = a[i];
            target[i * stride + 1] = b[i];
            target[i * stride + 2] = c[i];
            target[i * stride + 3] = d[i];
        }
    }
}
