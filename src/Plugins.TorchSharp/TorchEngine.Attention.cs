using Temper.Tensors;
using TorchSharp;
using F = TorchSharp.torch.nn.functional;
using ScalarType = TorchSharp.torch.ScalarType;
using T = TorchSharp.torch.Tensor;

namespace Temper.Plugins.TorchSharp;

public sealed partial class TorchEngine
{
    /// <inheritdoc/>
    public Tensor Attention(Tensor q, Tensor k, Tensor v, AttentionSpec spec)
    {
        CheckAttention(q, k, v, spec);
        var segments = spec.Segments ?? [new AttentionSegment(0, (int)q.Size(0), 0, (int)k.Size(0))];
        return In(() =>
        {
            var parts = segments.Where(segment => segment.QueryCount > 0).Select(segment => Attend(Of(q), Of(k), Of(v), spec, segment)).ToArray();
            return parts.Length == 0 ? Tied(Of(q), Of(k), Of(v)) : torch.cat(parts, 0);
        });
    }

    // Legend: T query tokens, S key tokens, N query heads, K key/value heads, H head size.
    private T Attend(T q, T k, T v, AttentionSpec spec, AttentionSegment segment)
    {
        using var scope = torch.NewDisposeScope();
        var (queries, keys) = (segment.QueryCount, segment.KeyCount);
        var qNTH = q.narrow(0, segment.QueryStart, queries).reshape(queries, spec.Heads, spec.HeadSize).transpose(0, 1);
        if (_scripts is not null && IsPlain(spec, queries, keys) && (_device.type == DeviceType.CPU || spec.Heads == spec.KeyValueHeads))
        {
            var (kKSH, vKSH) = (Rows(k, segment, spec), Rows(v, segment, spec));
            return _scripts.Attention(qNTH.unsqueeze(0), kKSH.unsqueeze(0), vKSH.unsqueeze(0), spec.Scale, spec.Causal)
                .squeeze(0).transpose(0, 1).reshape(queries, spec.Heads * spec.HeadSize).MoveToOuterDisposeScope();
        }
        var kNSH = Heads(k, segment, spec);
        var vNSH = Heads(v, segment, spec);
        var result = spec.SoftCap == 0 ? Fused(qNTH, kNSH, vNSH, spec, queries, keys) : Composed(qNTH, kNSH, vNSH, spec, queries, keys);
        return result.transpose(0, 1).reshape(queries, spec.Heads * spec.HeadSize).MoveToOuterDisposeScope();
    }

    /// <summary>Key or value heads of a segment, each repeated for the query heads that read it: [N, S, H].</summary>
    private static T Heads(T rows, AttentionSegment segment, AttentionSpec spec)
    {
        var kSH = Rows(rows, segment, spec);
        return spec.Heads == spec.KeyValueHeads ? kSH : kSH.repeat_interleave(spec.Heads / spec.KeyValueHeads, 0);
    }

    /// <summary>Key or value heads of a segment: [K, S, H].</summary>
    private static T Rows(T rows, AttentionSegment segment, AttentionSpec spec) =>
        rows.narrow(0, segment.KeyStart, segment.KeyCount).reshape(segment.KeyCount, spec.KeyValueHeads, spec.HeadSize).transpose(0, 1);

    /// <summary>Whether libtorch's own causal mask, or none, is what is asked for.</summary>
    private static bool IsPlain(AttentionSpec spec, int queries, int keys) => spec.SoftCap == 0 && spec.Window == 0 && (!spec.Causal || queries == keys);

    /// <summary>libtorch's fused attention. It always divides by √H, so the query is scaled beforehand.</summary>
    private T Fused(T q, T k, T v, AttentionSpec spec, int queries, int keys)
    {
        var scaled = q.mul(_scalars[spec.Scale * Math.Sqrt(spec.HeadSize)]);
        var plain = IsPlain(spec, queries, keys);
        var mask = plain ? null : Visible(spec, queries, keys);
        return F.scaled_dot_product_attention(scaled.unsqueeze(0), k.unsqueeze(0), v.unsqueeze(0), mask, 0.0, plain && spec.Causal).squeeze(0);
    }

    /// <summary>Scores, cap, mask, softmax: what the fused form cannot cap.</summary>
    private T Composed(T q, T k, T v, AttentionSpec spec, int queries, int keys)
    {
        var scores = q.bmm(k.transpose(1, 2)).mul(_scalars[spec.Scale]);
        scores = scores.mul(_scalars[1 / (double)spec.SoftCap]).tanh().mul(_scalars[spec.SoftCap]);
        if (spec.Causal || spec.Window > 0)
            scores = scores.masked_fill(Visible(spec, queries, keys).logical_not(), _scalars[double.NegativeInfinity]);
        return F.softmax(scores, -1).bmm(v);
    }

    private T Visible(AttentionSpec spec, int queries, int keys) => _masks.Visible(spec, queries, keys, seen => Host<bool>(seen, ScalarType.Bool, queries, keys));

    private static void CheckAttention(Tensor q, Tensor k, Tensor v, AttentionSpec spec)
    {
        Expect.Real("attention", q, k, v);
        Expect.Tokens("attention", "q", q, (long)spec.Heads * spec.HeadSize);
        Expect.Tokens("attention", "k", k, (long)spec.KeyValueHeads * spec.HeadSize);
        if (!k.Shape.SequenceEqual(v.Shape))
            throw new ShapeMismatchException("attention", k.Shape, v.Shape);
        if (spec.KeyValueHeads <= 0 || spec.Heads % spec.KeyValueHeads != 0)
            throw new ArgumentException($"attention: {spec.KeyValueHeads} key/value heads do not divide {spec.Heads} heads", nameof(spec));
        var covered = 0L;
        foreach (var segment in spec.Segments ?? [new AttentionSegment(0, (int)q.Size(0), 0, (int)k.Size(0))])
        {
            if (segment.QueryStart != covered || segment.KeyStart < 0 || segment.KeyStart + segment.KeyCount > k.Size(0) || (spec.Causal && segment.KeyCount < segment.QueryCount))
                throw new ArgumentException($"attention: {segment} does not fit {q.Size(0)} queries and {k.Size(0)} keys", nameof(spec));
            covered += segment.QueryCount;
        }
        if (covered != q.Size(0))
            throw new ArgumentException($"attention: segments cover {covered} of {q.Size(0)} queries", nameof(spec));
    }
}
