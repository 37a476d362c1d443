using Temper.Tensors;

namespace Temper.Models;

/// <summary>One transformer block: x + attention(norm(x)), then x + feed-forward(norm(x)). How keys and values are attended
/// to (a packed batch, or a cache) is the caller's part.</summary>
internal sealed class DecoderBlock(Decoder decoder, int layer, Tensor positions, ForwardOptions options)
{
    private const uint SitesPerBlock = 16;
    private readonly IEngine engine = decoder.Engine;
    private readonly ModelConfig config = decoder.Config;
    private readonly string prefix = $"model.layers.{layer}.";

    /// <summary>The attention of this family.</summary>
    public static AttentionSpec Attention(ModelConfig config) => new()
    {
        Heads = config.Heads,
        KeyValueHeads = config.KeyValueHeads,
        HeadSize = config.HeadSize,
        Scale = (float)(1 / Math.Sqrt(config.HeadSize)),
    };

    /// <summary>x [tokens, HiddenSize] through the block.</summary>
    public Tensor Forward(Tensor x, Func<Tensor, Tensor, Tensor, Tensor> attend)
    {
        var normed = Norm(x, "input_layernorm");
        var q = Rotate(Linear(normed, "self_attn.q_proj", 0));
        var k = Rotate(Linear(normed, "self_attn.k_proj", 1));
        var v = Linear(normed, "self_attn.v_proj", 2);
        x = engine.Add(x, Linear(attend(q, k, v), "self_attn.o_proj", 3));
        normed = Norm(x, "post_attention_layernorm");
        var inner = engine.GatedAct(Linear(normed, "mlp.gate_proj", 4), Linear(normed, "mlp.up_proj", 5), Act.Silu);
        return engine.Add(x, Linear(inner, "mlp.down_proj", 6));
    }

    private Tensor Norm(Tensor x, string name) => engine.RmsNorm(x, Weight($"{prefix}{name}.weight")!, config.NormEpsilon);

    private Tensor Rotate(Tensor x) => engine.Rope(x, decoder.Rotary.Cos, decoder.Rotary.Sin, positions, config.HeadSize);

    private Tensor? Weight(string name) => options.Adapter?.Saved(name) ?? decoder.Find(name);

    private Tensor Linear(Tensor x, string name, uint site)
    {
        var path = prefix + name;
        var y = engine.Linear(x, Weight(path + ".weight")!, Weight(path + ".bias"));
        return options.Adapter?.Apply(path, x, y, options.DropoutKey?.At((uint)layer * SitesPerBlock + site)) ?? y;
    }
}
