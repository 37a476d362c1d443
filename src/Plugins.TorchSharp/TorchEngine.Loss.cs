using Temper.Tensors;
using TorchSharp;
using F = TorchSharp.torch.nn.functional;
using ScalarType = TorchSharp.torch.ScalarType;
using T = TorchSharp.torch.Tensor;

namespace Temper.Plugins.TorchSharp;

public sealed partial class TorchEngine
{
    /// <summary>Logits that exist at a time.</summary>
    private const long LogitBudget = 1 << 26;

    /// <inheritdoc/>
    public TokenLoss LinearCrossEntropy(Tensor h, Tensor weight, Tensor targets, double softCap = 0, double smoothing = 0)
    {
        if (!(smoothing >= 0 && smoothing < 1))
            throw new ArgumentOutOfRangeException(nameof(smoothing), smoothing, "linear_cross_entropy: smoothing must be inside [0, 1)");
        var (rows, labels) = Supervised("linear_cross_entropy", h, weight, targets);
        using var scope = torch.NewDisposeScope();
        // A count in whole numbers would need a whole factor in its sum; this one is exact up to 2⁵³.
        var correct = torch.zeros([], ScalarType.Float64, _device);
        var sum = torch.zeros([], ScalarType.Float32, _device);
        if (rows.Length == 0)
            sum = NarrowOf(weight) is null ? Tied(sum, Of(h), Of(weight)) : Tied(sum, Of(h));
        foreach (var (first, count) in Chunks(rows.Length, weight.Size(0)))
        {
            var counted = false;
            sum = Sum(sum, Chunk(Of(h).index_select(0, Index(rows.AsSpan(first, count))), weight, hidden =>
            {
                var label = Labels(labels, first, count);
                var logits = Scores(hidden, weight, softCap);
                if (!counted)
                {
                    // The body runs in a scope of its own where it will be run again; the count must outlive that.
                    correct = Sum(correct, logits.detach().argmax(-1).eq(label).sum(ScalarType.Float64)).DetachFromDisposeScope();
                    scope.Attach(correct);
                }
                counted = true;
                return F.cross_entropy(logits, label, reduction: torch.nn.Reduction.Sum, label_smoothing: smoothing);
            }));
        }
        var tokens = Host<int>([rows.Length], ScalarType.Int32);
        return new(Wrap(sum.MoveToOuterDisposeScope()), Wrap(tokens.MoveToOuterDisposeScope()), Wrap(correct.to_type(ScalarType.Int32).MoveToOuterDisposeScope()));
    }

    /// <inheritdoc/>
    public Tensor TokenLogProbs(Tensor h, Tensor weight, Tensor targets, double softCap = 0)
    {
        var (rows, labels) = Supervised("token_log_probs", h, weight, targets);
        // Where each token's value stands among the computed ones; unsupervised tokens read the zero at the end.
        var places = new int[h.Size(0)];
        Array.Fill(places, rows.Length);
        for (var i = 0; i < rows.Length; i++)
            places[rows[i]] = i;
        return In(() =>
        {
            var parts = new List<T>();
            foreach (var (first, count) in Chunks(rows.Length, weight.Size(0)))
                parts.Add(Chunk(Of(h).index_select(0, Index(rows.AsSpan(first, count))), weight,
                    hidden => F.cross_entropy(Scores(hidden, weight, softCap), Labels(labels, first, count), reduction: torch.nn.Reduction.None).neg()));
            var zero = torch.zeros([1], ScalarType.Float32, _device);
            parts.Add(rows.Length > 0 ? zero : NarrowOf(weight) is null ? Tied(zero, Of(h), Of(weight)) : Tied(zero, Of(h)));
            return torch.cat(parts, 0).index_select(0, Index(places));
        });
    }

    /// <summary>A part of the loss, whose logits are made again in the backward pass. With a weight that has a graph of its own they are kept: the body would
    /// follow that graph, and the pass outside, which may meet the same one, could not any more.</summary>
    private T Chunk(T hidden, Tensor weight, Func<T, T> body)
    {
        var parameter = NarrowOf(weight) is not null || Of(weight).is_leaf;
        return torch.is_grad_enabled() && parameter && (hidden.requires_grad || weight.RequiresGrad) ? Again(hidden, body) : body(hidden);
    }

    /// <summary>Made anew in every run of a body: what a scope frees after the first one would be missing in the second.</summary>
    private T Labels(long[] all, int first, int count) => Host<long>(all.AsSpan(first, count), ScalarType.Int64, count);

    private T Scores(T hidden, Tensor weight, double softCap)
    {
        var logits = Product(hidden, weight, null, "linear_cross_entropy");
        return softCap == 0 ? logits : logits.mul(_scalars[1 / softCap]).tanh().mul(_scalars[softCap]);
    }

    private static IEnumerable<(int First, int Count)> Chunks(int rows, long vocabulary)
    {
        var most = (int)Math.Max(1, LogitBudget / vocabulary);
        for (var first = 0; first < rows; first += most)
            yield return (first, Math.Min(most, rows - first));
    }

    /// <summary>Rows with a target, and the targets.</summary>
    private (int[] Rows, long[] Labels) Supervised(string operation, Tensor h, Tensor weight, Tensor targets)
    {
        CheckLinear(operation, h, weight);
        Expect.Ids(operation, "targets", targets);
        Expect.Size(operation, "targets", targets, 0, h.Size(0));
        var all = Ints(targets);
        int[] rows = [.. Enumerable.Range(0, all.Length).Where(i => all[i] >= 0)];
        if (rows.FirstOrDefault(row => all[row] >= weight.Size(0), -1) is >= 0 and var stray)
            throw new IndexOutsideException(operation, "target", all[stray], stray, weight.Size(0));
        return (rows, [.. rows.Select(row => (long)all[row])]);
    }
}
