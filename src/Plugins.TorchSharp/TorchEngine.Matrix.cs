using Temper.Tensors;
using TorchSharp;
using F = TorchSharp.torch.nn.functional;
using T = TorchSharp.torch.Tensor;

namespace Temper.Plugins.TorchSharp;

public sealed partial class TorchEngine
{
    /// <inheritdoc/>
    public Tensor BatchMatMul(Tensor a, Tensor b, bool transposeB = false)
    {
        Expect.Real("matmul", a, b);
        var inner = transposeB ? -1 : -2;
        if (a.Rank < 2 || a.Rank != b.Rank || !a.Shape[..^2].SequenceEqual(b.Shape[..^2]) || a.Size(-1) != b.Size(inner))
            throw new ShapeMismatchException("matmul", a.Shape, b.Shape);
        var (rows, depth, columns) = (a.Size(-2), a.Size(-1), b.Size(transposeB ? -2 : -1));
        long[] shape = [.. a.Shape[..^2], rows, columns];
        // Never matmul: the binding does not catch its errors, and they end the process.
        return In(() =>
        {
            var (left, right) = (Of(a).reshape(-1, rows, depth), Of(b).reshape(-1, b.Size(-2), b.Size(-1)));
            return left.bmm(transposeB ? right.transpose(1, 2) : right).reshape(shape);
        });
    }

    /// <inheritdoc/>
    public Tensor Linear(Tensor x, Tensor weight, Tensor? bias = null)
    {
        CheckLinear("linear", x, weight);
        if (bias is not null)
            Expect.Vector("linear", "bias", bias, weight.Size(0));
        return In(() => Product(Of(x), weight, bias, "linear"));
    }

    /// <inheritdoc/>
    public Tensor LoraAdd(Tensor y, Tensor x, Tensor a, Tensor b, double scale, DropoutSpec dropout = default)
    {
        CheckLinear("lora_add", x, a);
        CheckLinear("lora_add", y, b, columns: false);
        if (b.Size(1) != a.Size(0))
            throw new ShapeMismatchException("lora_add", a.Shape, b.Shape);
        if (y.Size(0) != x.Size(0) || y.Size(1) != b.Size(0))
            throw new ShapeMismatchException("lora_add", y.Shape, b.Shape);
        return In(() =>
        {
            var low = F.linear(Dropped(Of(x), dropout, x.Count), Of(a), null);
            return Sum(Of(y), F.linear(low, Of(b), null).mul(_scalars[scale]));
        });
    }

    /// <inheritdoc/>
    public Tensor Embedding(Tensor ids, Tensor table)
    {
        Expect.Ids("embedding", "ids", ids);
        Expect.Weight("embedding", table);
        Expect.Rank("embedding", "table", table, 2);
        Inside("embedding", "id", Ints(ids), table.Size(0));
        return In(() => NarrowOf(table) is { } narrow ? narrow.Rows(Of(ids)) : Of(table).index_select(0, Of(ids)));
    }

    /// <inheritdoc/>
    public Tensor Rope(Tensor x, Tensor cos, Tensor sin, Tensor positions, int headSize)
    {
        Expect.Real("rope", x, cos, sin);
        Expect.Rank("rope", "x", x, 2);
        Expect.Rank("rope", "cos", cos, 2);
        Expect.Ids("rope", "positions", positions);
        Expect.Size("rope", "positions", positions, 0, x.Size(0));
        var turned = cos.Size(1);
        if (headSize <= 0 || x.Size(1) % headSize != 0 || 2 * turned > headSize || !cos.Shape.SequenceEqual(sin.Shape))
            throw new ShapeMismatchException("rope", x.Shape, cos.Shape);
        Inside("rope", "position", Ints(positions), cos.Size(0));
        return In(() => Turn(Of(x).reshape(x.Size(0), x.Size(1) / headSize, headSize), Of(cos), Of(sin), Of(positions), turned, headSize).reshape(x.Size(0), x.Size(1)));
    }

    private T Turn(T x, T cos, T sin, T positions, long turned, int headSize)
    {
        var (c, s) = (cos.index_select(0, positions).unsqueeze(1), sin.index_select(0, positions).unsqueeze(1));
        var (left, right) = (x.narrow(2, 0, turned), x.narrow(2, turned, turned));
        T[] parts =
        [
            left.mul(c).sub(right.mul(s)),
            Sum(right.mul(c), left.mul(s)),
            x.narrow(2, 2 * turned, headSize - 2 * turned),
        ];
        return torch.cat(parts, 2);
    }

    private static void CheckLinear(string operation, Tensor x, Tensor weight, bool columns = true)
    {
        Expect.Real(operation, x);
        Expect.Weight(operation, weight);
        Expect.Rank(operation, "x", x, 2);
        Expect.Rank(operation, "weight", weight, 2);
        if (columns && x.Size(1) != weight.Size(1))
            throw new ShapeMismatchException(operation, x.Shape, weight.Shape);
    }
}
