using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Temper.Tensors;

/// <summary>Packs the right operand of a product for the matrix units: panels of 32 columns, in each panel pair of k after pair of k, in each pair
/// column after column the two bf16 side by side. Missing columns and missing k are zero.</summary>
internal static unsafe class PairPacking
{
    private const int Panel = TileProduct.Panel, Block = PairArithmetic.Block;

    /// <summary>Panels [from, to) of the transpose of a row-major n × k matrix: a weight [out, in] as a linear layer multiplies by it.</summary>
    public static void Transposed(float* source, long step, int k, int n, int from, int to, ushort* packed)
    {
        var rounded = stackalloc ushort[Panel * Block];
        var pairs = (uint*)rounded;
        for (var panel = from; panel < to; panel++)
        {
            var target = (uint*)(packed + panel * PanelCount(k));
            for (var k0 = 0; k0 < k; k0 += Block, target += Panel * Block / 2)
            {
                for (var j = 0; j < Panel; j++)
                {
                    var column = panel * Panel + j;
                    Bf16.RoundRow(source + column * step + k0, rounded + j * Block, column < n ? Math.Min(Block, k - k0) : 0, Block);
                }

                for (var pair = 0; pair < Block / 2; pair++)
                    for (var j = 0; j < Panel; j++) target[pair * Panel + j] = pairs[j * Block / 2 + pair];
            }
        }
    }

    /// <summary>Panels [from, to) of a row-major k × n matrix: a weight [out, in] as the gradient of a linear layer's input multiplies by it.</summary>
    public static void Rows(float* source, long step, int k, int n, int from, int to, ushort* packed)
    {
        float* even = stackalloc float[Panel], odd = stackalloc float[Panel];
        for (var panel = from; panel < to; panel++)
        {
            var target = packed + panel * PanelCount(k);
            var columns = Math.Min(Panel, n - panel * Panel);
            var padded = (k + Block - 1) / Block * Block;
            for (var i = 0; i < padded; i += 2, target += Panel * 2)
            {
                var rows = source + i * step + panel * Panel;
                Load(rows, i < k ? columns : 0, even);
                Load(rows + step, i + 1 < k ? columns : 0, odd);
                for (var half = 0; half < Panel; half += 16)
                    Pairs(Vector512.Load(even + half), Vector512.Load(odd + half)).AsUInt16().Store(target + half * 2);
            }
        }
    }

    /// <summary>Panel <paramref name="panel"/> of a k × n matrix from the packed form of its transpose, without rounding anything.</summary>
    public static void Turned(ushort* transpose, int n, int k, int panel, ushort* packed)
    {
        var target = packed + panel * PanelCount(k);
        for (var block = 0; block < (k + Block - 1) / Block; block++, target += Panel * Block)
        {
            // 32 k (a panel of the transpose) by 32 columns (a stretch of its pairs).
            var source = transpose + block * PanelCount(n) + panel * Panel * Panel;
            for (var pair = 0; pair < Block / 2; pair++)
                for (var column = 0; column < Panel; column++)
                {
                    var from = source + column / 2 * (Panel * 2) + pair * 4 + column % 2;
                    var to = target + (pair * Panel + column) * 2;
                    (to[0], to[1]) = (from[0], from[2]);
                }
        }
    }

    /// <summary>bf16 numbers of one panel.</summary>
    private static long PanelCount(int k) => TileProduct.PackedCount(k, Panel);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Pairs(Vector512<float> even, Vector512<float> odd) => Bf16.Rounded(even) >> 16 | Bf16.Rounded(odd) & Vector512.Create(0xFFFF0000u);

    private static void Load(float* source, int count, float* target)
    {
        new ReadOnlySpan<float>(source, count).CopyTo(new Span<float>(target, Panel));
        new Span<float>(target + count, Panel - count).Clear();
    }
}
