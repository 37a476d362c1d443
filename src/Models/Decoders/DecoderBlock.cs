using Temper.Tensors;

namespace Temper.Models;

/// <summary>One transformer block: x + attention(norm(x)), then x + feed-forward(norm(x)), with the modules that its family has. A decoder builds its
/// blocks once; what differs from pass to pass is the <see cref="DecoderPass"/>'s part.</summary>
internal sealed class DecoderBlock
{
    private const uint SitesPerBlock = 16;
    private readonly Decoder decoder;
    private readonly IEngine engine;
    private readonly ModelConfig config;
    private readonly int layer;
    private readonly Module? fused, gate;
    private readonly Module query, key, value, output, up, down;
    private readonly NormNames inputNorm, feedForwardNorm;
    private readonly NormNames? queryNorm, keyNorm, attentionOutputNorm, feedForwardOutputNorm;

    public DecoderBlock(Decoder decoder, int layer)
    {
        (this.decoder, engine, config, this.layer) = (decoder, decoder.Engine, decoder.Config, layer);
        var (names, prefix) = (config.Family.Names, DecoderLayout.BlockPath(config, layer));
        Module At(string name, uint site) => new(prefix + name, $"{prefix}{name}.weight", $"{prefix}{name}.bias", (uint)layer * SitesPerBlock + site);
        NormNames? Norm(string? name) => name is null ? null : NormNames.Of(prefix + name);
        (query, key, value, output) = (At(names.Query, 0), At(names.Key, 1), At(names.Value, 2), At(names.Output, 3));
        (gate, up, down) = (names.Gate is null ? null : At(names.Gate, 4), At(names.Up, 5), At(names.Down, 6));
        fused = names.Fused is null ? null : At(names.Fused, 0);
        (inputNorm, feedForwardNorm) = (NormNames.Of(prefix + names.InputNorm), NormNames.Of(prefix + names.FeedForwardNorm));
        (queryNorm, keyNorm) = (Norm(names.HeadNorms?.Query), Norm(names.HeadNorms?.Key));
        (attentionOutputNorm, feedForwardOutputNorm) = (Norm(names.AttentionOutputNorm), Norm(names.FeedForwardOutputNorm));
    }

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
    public Tensor Forward(Tensor x, DecoderPass pass)
    {
        var middle = AddAttention(x, pass);
        return Done(middle, pass.FeedForward(layer, middle));
    }

    /// <summary>The second half: x + feed-forward(norm(x)).</summary>
    public Tensor AddFeedForward(Tensor x, DecoderPass pass)
    {
        var normed = decoder.Norm(x, feedForwardNorm, pass.Adapter);
        var inner = Inner(normed, pass);
        normed.Dispose();
        var y = Done(inner, Linear(inner, down, pass));
        y = Done(y, MaybeNorm(y, feedForwardOutputNorm, pass));
        return Done(y, engine.Add(x, y));
    }

    /// <summary>What is not needed any more is given back at once; the tape keeps what it will read.</summary>
    private static Tensor Done(Tensor used, Tensor result)
    {
        if (used != result) used.Dispose();
        return result;
    }

    private Tensor AddAttention(Tensor x, DecoderPass pass)
    {
        var normed = decoder.Norm(x, inputNorm, pass.Adapter);
        var (q, k, v) = Project(normed, pass);
        normed.Dispose();
        if (queryNorm is not null && keyNorm is not null) (q, k) = (Done(q, NormHeads(q, queryNorm, pass)), Done(k, NormHeads(k, keyNorm, pass)));
        (q, k) = (Done(q, pass.Turn(q)), Done(k, pass.Turn(k)));
        var y = Done(q, pass.Attend(layer, q, k, v));
        k.Dispose();
        v.Dispose();
        y = Done(y, Linear(y, output, pass));
        y = Done(y, MaybeNorm(y, attentionOutputNorm, pass));
        return Done(y, engine.Add(x, y));
    }

    private (Tensor Query, Tensor Key, Tensor Value) Project(Tensor x, DecoderPass pass)
    {
        if (fused is null) return (Linear(x, query, pass), Linear(x, key, pass), Linear(x, value, pass));
        using var all = Linear(x, fused, pass);
        var (q, kv) = (config.Heads * config.HeadSize, config.KeyValueHeads * config.HeadSize);
        return (engine.Narrow(all, 1, 0, q), engine.Narrow(all, 1, q, kv), engine.Narrow(all, 1, q + kv, kv));
    }

    private Tensor Inner(Tensor x, DecoderPass pass)
    {
        var y = Linear(x, up, pass);
        if (gate is null) return Done(y, engine.Activation(y, config.Activation));
        using var gates = Linear(x, gate, pass);
        return Done(y, engine.GatedAct(gates, y, config.Activation));
    }

    private Tensor MaybeNorm(Tensor x, NormNames? names, DecoderPass pass) => names is null ? x : decoder.Norm(x, names, pass.Adapter);

    /// <summary>The norm over each head.</summary>
    private Tensor NormHeads(Tensor x, NormNames names, DecoderPass pass)
    {
        using var heads = engine.Reshape(x, x.Count / config.HeadSize, config.HeadSize);
        using var normed = decoder.Norm(heads, names, pass.Adapter);
        return engine.Reshape(normed, x.Shape);
    }

    private Tensor Linear(Tensor x, Module module, DecoderPass pass)
    {
        var (weight, bias) = (decoder.Find(module.Weight, pass.Adapter)!, decoder.Find(module.Bias, pass.Adapter));
        return pass.Adapter is { } adapter ? adapter.Linear(module.Path, x, weight, bias, pass.DropoutKey?.At(module.Site)) : engine.Linear(x, weight, bias);
    }

    /// <summary>A linear module: its path, its weights' names, and the site of its dropout.</summary>
    private sealed record Module(string Path, string Weight, string Bias, uint Site);
}

/// <summary>Names of a norm's weights.</summary>
internal sealed record NormNames(string Weight, string Bias)
{
    public static NormNames Of(string path) => new(path + ".weight", path + ".bias");
}
