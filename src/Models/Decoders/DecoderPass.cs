using System.Runtime.InteropServices;
using Temper.Tensors;

namespace Temper.Models;

/// <summary>What all blocks share in one pass: where the tokens stand, which attend to which, the adapter. A decoder uses a pass again once it has run
/// and no block of it waits to be computed again.</summary>
internal sealed class DecoderPass
{
    private readonly Decoder decoder;
    private readonly IEngine engine;
    private readonly List<int> positions = [];
    private readonly List<AttentionSegment> segments = [];
    private readonly AttentionSpec[] specs;
    private readonly Part[] blocks, halves;
    private RotaryPlaces? places;
    private KvCache? cache;
    private Recomputation recompute;
    private bool ended;
    private int waiting;

    public DecoderPass(Decoder decoder)
    {
        (this.decoder, engine) = (decoder, decoder.Engine);
        specs = [.. Enumerable.Range(0, decoder.Config.Layers).Select(layer => DecoderBlock.Attention(decoder.Config, layer) with { Segments = segments })];
        blocks = [.. Enumerable.Range(0, decoder.Config.Layers).Select(layer => new Part(this, layer, half: false))];
        halves = [.. Enumerable.Range(0, decoder.Config.Layers).Select(layer => new Part(this, layer, half: true))];
    }

    public LoraAdapter? Adapter { get; private set; }

    public RandomKey? DropoutKey { get; private set; }

    /// <summary>See <see cref="ForwardOptions.Border"/>.</summary>
    public Func<int, Tensor, Tensor>? Border { get; private set; }

    /// <summary>Place of each token in its document.</summary>
    public ReadOnlySpan<int> Positions => CollectionsMarshal.AsSpan(positions);

    /// <summary>A pass over whole documents.</summary>
    public void Begin(PackedBatch batch, ForwardOptions options, RotaryTable? rotary)
    {
        (Adapter, DropoutKey, Border, recompute, ended) = (options.Adapter, options.DropoutKey, options.Border, options.Recompute, false);
        batch.PlaceTokens(positions, segments);
        places = rotary?.Of(batch, Positions);
    }

    /// <summary>A pass over the new tokens of cached sequences.</summary>
    public void Begin(KvCache target, LoraAdapter? adapter, RotaryTable? rotary)
    {
        (Adapter, DropoutKey, Border, cache, recompute, ended) = (adapter, null, null, target, Recomputation.Nothing, false);
        target.PlaceTokens(positions, segments);
        places = rotary?.At(Positions);
    }

    /// <summary>x through block <paramref name="layer"/>.</summary>
    public Tensor Run(int layer, Tensor x)
    {
        if (recompute != Recomputation.Blocks) return decoder.Blocks[layer].Forward(x, this);
        waiting++;
        return engine.Checkpoint(blocks[layer], x);
    }

    /// <summary>x through the second half of block <paramref name="layer"/>.</summary>
    public Tensor FeedForward(int layer, Tensor x)
    {
        if (recompute != Recomputation.FeedForward) return decoder.Blocks[layer].AddFeedForward(x, this);
        waiting++;
        return engine.Checkpoint(halves[layer], x);
    }

    /// <summary>Every block has run once.</summary>
    public void End()
    {
        ended = true;
        ReuseWhenDone();
    }

    /// <summary>Turns every head of x by its token's place.</summary>
    public Tensor Turn(Tensor x) => places is { } at ? engine.Rope(x, at.Cos, at.Sin, at.Positions, at.HeadSize) : x;

    public Tensor Attend(int layer, Tensor q, Tensor k, Tensor v)
    {
        if (cache is null) return engine.Attention(q, k, v, specs[layer]);
        var (keys, values) = cache.Layer(layer);
        engine.WriteRows(keys, cache.NewRows, k);
        engine.WriteRows(values, cache.NewRows, v);
        return engine.Attention(q, keys, values, specs[layer]);
    }

    private void ReuseWhenDone()
    {
        if (!ended || waiting > 0) return;
        (Adapter, Border, places, cache) = (null, null, null, null);
        decoder.Reuse(this);
    }

    /// <summary>A block, or its second half.</summary>
    private sealed class Part(DecoderPass pass, int layer, bool half) : Recomputed
    {
        public override Tensor Run(Tensor x) => half ? pass.decoder.Blocks[layer].AddFeedForward(x, pass) : pass.decoder.Blocks[layer].Forward(x, pass);

        public override void Released()
        {
            pass.waiting--;
            pass.ReuseWhenDone();
        }
    }
}
