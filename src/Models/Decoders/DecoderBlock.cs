using Temper.Tensors;

namespace Temper.Models;

/// <summary>One transformer block: x + attention(norm(x)), then x + feed-forward(norm(x)), with the modules that its family has. How keys and
/// values are attended to (a packed batch, or a cache) is the caller's part.</summary>
internal sealed class DecoderBlock(Decoder decoder, int layer, RotaryPlaces? places, ForwardOptions options)
{
    private const uint SitesPerBlock = 16;
    private readonly IEngine engine = decoder.Engine;
    private readonly ModelConfig config = decoder.Config;
    private readonly DecoderNames names = decoder.Config.Family.Names;
    private readonly string prefix = DecoderLayout.BlockPath(decoder.Config, layer);

    /// <summary>The attention of block <paramref name="layer"/>.</summary>
    public static AttentionSpec Attention(ModelConfig config, int layer)
    {
        var scale = config.ScaledAttention ? 1 / Math.Sqrt(config.QueryScalar > 0 ? config.QueryScalar : config.HeadSize) : 1;
        return new AttentionSpec
        {
            Heads = config.Heads,
            KeyValueHeads = config.KeyValueHeads,
            HeadSize = config.HeadSize,
            Scale = (float)(config.AttentionScaledByLayer ? scale / (layer + 1) : scale),
            SoftCap = (float)config.AttentionSoftCap,
            Window = config.WindowOf(layer),
        };
    }

    /// <summary>x [tokens, HiddenSize] through the block.</summary>
    public Tensor Forward(Tensor x, Func<Tensor, Tensor, Tensor, Tensor> attend)
    {
        var (q, k, v) = Project(Norm(x, names.InputNorm));
        if (names.HeadNorms is { } heads) (q, k) = (NormHeads(q, heads.Query), NormHeads(k, heads.Key));
        if (places is not null) (q, k) = (places.Turn(engine, q), places.Turn(engine, k));
        x = engine.Add(x, MaybeNorm(Linear(attend(q, k, v), names.Output, 3), names.AttentionOutputNorm));
        return engine.Add(x, MaybeNorm(FeedForward(Norm(x, names.FeedForwardNorm)), names.FeedForwardOutputNorm));
    }

    private (Tensor Query, Tensor Key, Tensor Value) Project(Tensor x)
    {
        if (names.Fused is not { } fused) return (Linear(x, names.Query, 0), Linear(x, names.Key, 1), Linear(x, names.Value, 2));
        var all = Linear(x, fused, 0);
        var (q, kv) = (config.Heads * config.HeadSize, config.KeyValueHeads * config.HeadSize);
        return (engine.Narrow(all, 1, 0, q), engine.Narrow(all, 1, q, kv), engine.Narrow(all, 1, q + kv, kv));
    }

    private Tensor FeedForward(Tensor x)
    {
        var inner = names.Gate is { } gate
            ? engine.GatedAct(Linear(x, gate, 4), Linear(x, names.Up, 5), config.Activation)
            : engine.Activation(Linear(x, names.Up, 5), config.Activation);
        return Linear(inner, names.Down, 6);
    }

    private Tensor Norm(Tensor x, string name) => decoder.Norm(x, prefix + name, options.Adapter);

    private Tensor MaybeNorm(Tensor x, string? name) => name is null ? x : Norm(x, name);

    /// <summary>The norm over each head.</summary>
    private Tensor NormHeads(Tensor x, string name)
    {
        var heads = engine.Reshape(x, x.Count / config.HeadSize, config.HeadSize);
        return engine.Reshape(Norm(heads, name), x.Shape);
    }

    private Tensor? Weight(string name) => options.Adapter?.Saved(name) ?? decoder.Find(name);

    private Tensor Linear(Tensor x, string name, uint site)
    {
        var path = prefix + name;
        var y = engine.Linear(x, Weight(path + ".weight")!, Weight(path + ".bias"));
        return options.Adapter?.Apply(path, x, y, options.DropoutKey?.At((uint)layer * SitesPerBlock + site)) ?? y;
    }
}
