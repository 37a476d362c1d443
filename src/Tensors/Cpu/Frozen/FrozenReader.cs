using System.Runtime.CompilerServices;

namespace Temper.Tensors;

/// <summary>Widens panels of a frozen weight, and multiplies one row by them without widening them in memory first.</summary>
internal static unsafe class FrozenReader<T, V> where T : unmanaged where V : struct, ILanes<V, T>
{
    private const int Width = FrozenPanels.Width;

    /// <summary>Inputs [first, first + depth) of a panel: [depth, 32]. first must begin a group.</summary>
    public static void Widen(FrozenPanels weight, int panel, int first, int depth, T* target)
    {
        var size = FrozenPanels.GroupOf(weight.Form);
        var room = stackalloc float[Width];
        for (var done = 0; done < depth; done += size)
        {
            var group = weight.Group(panel, (first + done) / size);
            var count = Math.Min(size, depth - done);
            if (weight.Form == FrozenForm.BF16) WidenPair((ushort*)group, count, target + (long)done * Width);
            else if (weight.Form == FrozenForm.Int8) WidenBytes((float*)group, weight.Codes(group), count, target + (long)done * Width);
            else WidenNibbles(weight.Scales(panel, (first + done) / size, room), weight.Codes(group), count, target + (long)done * Width);
        }
    }

    /// <summary>Outputs [first, first + depth) of the 32 inputs of <paramref name="block"/>: [depth, 32], missing inputs zero. first must begin a panel.
    /// <paramref name="part"/> takes 1024 numbers.</summary>
    public static void WidenAcross(FrozenPanels weight, int block, int first, int depth, T* target, T* part)
    {
        var inputs = Math.Min(Width, weight.Inputs - block * Width);
        for (var done = 0; done < depth; done += Width)
        {
            WidenBlock(weight, (first + done) / Width, block, inputs, part);
            Packing<T, V>.Columns(part, Width, Math.Min(Width, depth - done), inputs, target + (long)done * Width);
        }
    }

    /// <summary>One output's inputs: a row of the weight. <paramref name="part"/> takes 2048 numbers.</summary>
    public static void Row(FrozenPanels weight, int row, T* target, T* part)
    {
        for (var first = 0; first < weight.Inputs; first += 64)
        {
            var depth = Math.Min(64, weight.Inputs - first);
            Widen(weight, row / Width, first, depth, part);
            for (var i = 0; i < depth; i++) target[first + i] = part[i * Width + row % Width];
        }
    }

    /// <summary>y (32) = x (inputs) · panel: one chain of fused multiply-adds an output, inputs ascending, as a tile's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void One(FrozenPanels weight, int panel, T* x, T* y)
    {
        V low = V.Zero, high = V.Zero;
        var size = FrozenPanels.GroupOf(weight.Form);
        var room = stackalloc float[Width];
        if (weight.Form == FrozenForm.BF16) OnePairs((ushort*)weight.Group(panel, 0), weight.Inputs, x, ref low, ref high);
        else
        {
            for (var (first, group) = (0, 0); first < weight.Inputs; first += size, group++)
            {
                var count = Math.Min(size, weight.Inputs - first);
                var at = weight.Group(panel, group);
                if (weight.Form == FrozenForm.Int8) OneBytes((float*)at, weight.Codes(at), count, x + first, ref low, ref high);
                else OneNibbles(weight.Scales(panel, group, room), weight.Codes(at), count, x + first, ref low, ref high);
            }
        }

        low.Store(y);
        high.Store(y + 16);
    }

    private static void WidenBlock(FrozenPanels weight, int panel, int block, int inputs, T* part)
    {
        if (weight.Form is FrozenForm.BF16 or FrozenForm.Int8)
        {
            Widen(weight, panel, block * Width, inputs, part);
            return;
        }

        var room = stackalloc float[Width];
        WidenNibbles(weight.Scales(panel, block / 2, room), weight.Codes(weight.Group(panel, block / 2)) + block % 2 * Width * 16, inputs, part);
    }

    private static void WidenPair(ushort* pairs, int count, T* target)
    {
        var (evenLow, oddLow) = V.LoadPairs(pairs);
        var (evenHigh, oddHigh) = V.LoadPairs(pairs + 32);
        evenLow.Store(target);
        evenHigh.Store(target + 16);
        if (count == 1) return;
        oddLow.Store(target + Width);
        oddHigh.Store(target + Width + 16);
    }

    private static void WidenBytes(float* scales, byte* bytes, int count, T* target)
    {
        var (scaleLow, scaleHigh) = (V.LoadFloats(scales), V.LoadFloats(scales + 16));
        var codes = (sbyte*)bytes;
        for (var i = 0; i < count; i++, codes += Width, target += Width)
        {
            (V.LoadBytes(codes) * scaleLow).Store(target);
            (V.LoadBytes(codes + 16) * scaleHigh).Store(target + 16);
        }
    }

    private static void WidenNibbles(float* scales, byte* codes, int count, T* target)
    {
        var (scaleLow, scaleHigh) = (V.LoadFloats(scales), V.LoadFloats(scales + 16));
        fixed (float* numbers = NormalFloat.Numbers)
        {
            var table = V.LoadFloats(numbers);
            for (var i = 0; i < count; i++, codes += 16, target += Width)
            {
                var (low, high) = V.LookUp(codes, table);
                (low * scaleLow).Store(target);
                (high * scaleHigh).Store(target + 16);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OnePairs(ushort* pairs, int count, T* x, ref V low, ref V high)
    {
        var (l, h) = (low, high);
        for (; count > 1; count -= 2, pairs += 64, x += 2)
        {
            var (evenLow, oddLow) = V.LoadPairs(pairs);
            var (evenHigh, oddHigh) = V.LoadPairs(pairs + 32);
            var (first, second) = (V.Broadcast(*x), V.Broadcast(x[1]));
            l = V.Fma(second, oddLow, V.Fma(first, evenLow, l));
            h = V.Fma(second, oddHigh, V.Fma(first, evenHigh, h));
        }

        if (count == 1)
        {
            l = V.Fma(V.Broadcast(*x), V.LoadPairs(pairs).Even, l);
            h = V.Fma(V.Broadcast(*x), V.LoadPairs(pairs + 32).Even, h);
        }

        (low, high) = (l, h);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OneBytes(float* scales, byte* bytes, int count, T* x, ref V low, ref V high)
    {
        var (l, h) = (low, high);
        var (scaleLow, scaleHigh) = (V.LoadFloats(scales), V.LoadFloats(scales + 16));
        var codes = (sbyte*)bytes;
        for (; count > 0; count--, codes += Width, x++)
        {
            var number = V.Broadcast(*x);
            l = V.Fma(number, V.LoadBytes(codes) * scaleLow, l);
            h = V.Fma(number, V.LoadBytes(codes + 16) * scaleHigh, h);
        }

        (low, high) = (l, h);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OneNibbles(float* scales, byte* codes, int count, T* x, ref V low, ref V high)
    {
        var (l, h) = (low, high);
        var (scaleLow, scaleHigh) = (V.LoadFloats(scales), V.LoadFloats(scales + 16));
        fixed (float* numbers = NormalFloat.Numbers)
        {
            var table = V.LoadFloats(numbers);
            for (; count > 0; count--, codes += 16, x++)
            {
                var number = V.Broadcast(*x);
                var (first, second) = V.LookUp(codes, table);
                l = V.Fma(number, first * scaleLow, l);
                h = V.Fma(number, second * scaleHigh, h);
            }
        }

        (low, high) = (l, h);
    }
}
