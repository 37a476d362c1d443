using Temper.Tensors;

namespace Temper.Models;

/// <summary>A decoder-only transformer built from a <see cref="ModelConfig"/> on an engine. It owns its weights; create it outside engine scopes.
/// One thread uses it at a time.</summary>
public sealed class Decoder : IDisposable
{
    private const uint InitStream = 64;
    private readonly Dictionary<string, Tensor> byName;
    private readonly RotaryTable rotary;
    private readonly HashSet<string> trained;

    private Decoder(IEngine engine, ModelConfig config, Func<WeightSlot, int, FillFloats> content, Func<string, bool> trainable)
    {
        (Engine, Config) = (engine, config);
        var slots = DecoderLayout.Slots(config).ToArray();
        trained = [.. slots.Select(slot => slot.Name).Where(trainable)];
        Weights = [.. slots.Select((slot, i) => new NamedTensor(slot.Name, EngineWeights.Make(engine, slot.Shape, content(slot, i), trained.Contains(slot.Name))))];
        byName = Weights.ToDictionary(w => w.Name, w => w.Tensor);
        rotary = new RotaryTable(engine, config);
    }

    /// <summary>What it is.</summary>
    public ModelConfig Config { get; }

    /// <summary>Where it computes.</summary>
    public IEngine Engine { get; }

    /// <summary>All weights in model order.</summary>
    public IReadOnlyList<NamedTensor> Weights { get; }

    /// <summary>The weights that are trained.</summary>
    public IReadOnlyList<NamedTensor> Trainable => [.. Weights.Where(w => trained.Contains(w.Name))];

    /// <summary>Cosines and sines of positions.</summary>
    internal RotaryTable Rotary => rotary;

    private Tensor Head(LoraAdapter? adapter) => Weight(adapter, Config.TieWordEmbeddings ? "model.embed_tokens.weight" : "lm_head.weight");

    /// <summary>Random weights (N(0, <see cref="ModelConfig.InitializerRange"/>), norms 1, biases 0), a pure function of <paramref name="seed"/>; all trainable.</summary>
    public static Decoder Create(IEngine engine, ModelConfig config, ulong seed) => new(engine, config, (slot, site) => slot.Role switch
    {
        WeightRole.Norm => (_, target) => target.Fill(1),
        WeightRole.Bias => (_, target) => target.Clear(),
        _ => (first, target) => Philox.FillNormal(new RandomKey(seed, InitStream, Site: (uint)site), target, 0, (float)config.InitializerRange, first),
    }, _ => true);

    /// <summary>Weights by name. <paramref name="trainable"/> picks the ones that are trained; null freezes all.</summary>
    public static Decoder Load(IEngine engine, ModelConfig config, WeightFiles weights, Func<string, bool>? trainable = null) =>
        new(engine, config, (slot, _) => (first, target) => weights.ReadFloats(slot.Name, first, target), trainable ?? (_ => false));

    /// <summary>Normed hidden states of every token: [tokens, HiddenSize].</summary>
    public Tensor Hidden(PackedBatch batch, ForwardOptions? options = null)
    {
        options ??= new ForwardOptions();
        var places = Engine.FromInts(batch.Positions(), batch.Tokens.Length);
        var spec = DecoderBlock.Attention(Config) with { Segments = AttentionSegment.FromLengths(batch.Lengths) };
        var x = Engine.Embedding(Engine.FromInts(batch.Tokens, batch.Tokens.Length), Weight(options.Adapter, "model.embed_tokens.weight"));
        for (var layer = 0; layer < Config.Layers; layer++)
        {
            var block = new DecoderBlock(this, layer, places, options);
            Tensor Body(Tensor input) => block.Forward(input, (q, k, v) => Engine.Attention(q, k, v, spec));
            x = options.GradientCheckpointing ? Engine.Checkpoint(Body, x) : Body(x);
        }

        return Engine.RmsNorm(x, Weight(options.Adapter, "model.norm.weight"), Config.NormEpsilon);
    }

    /// <summary>Logits of hidden states: [rows, VocabularySize]. The adapter counts when it keeps the output layer whole.</summary>
    public Tensor Logits(Tensor hidden, LoraAdapter? adapter = null) => Engine.Linear(hidden, Head(adapter));

    /// <summary>Summed loss over the labels of the batch: the hidden state of token t predicts token t + 1 of the same document.</summary>
    public TokenLoss Loss(PackedBatch batch, ForwardOptions? options = null) =>
        Engine.LinearCrossEntropy(Hidden(batch, options), Head(options?.Adapter), Engine.FromInts(batch.Targets(), batch.Tokens.Length));

    /// <summary>Mean hidden state of each document: [documents, HiddenSize].</summary>
    public Tensor Embed(PackedBatch batch, ForwardOptions? options = null) => Engine.SegmentMean(Hidden(batch, options), batch.Lengths);

    /// <summary>Appends tokens to cached sequences, each slot at most once, and returns the logits after the last token of each: [appends, VocabularySize].
    /// Records no graph. The bits are those of <see cref="Hidden"/> over the whole sequence.</summary>
    public Tensor Append(KvCache cache, IReadOnlyList<CacheAppend> appends, LoraAdapter? adapter = null)
    {
        var plan = cache.Plan(appends);
        using var noGrad = Engine.NoGrad();
        using var scope = Engine.BeginScope();
        var places = Engine.FromInts(plan.Positions, plan.Positions.Length);
        var spec = DecoderBlock.Attention(Config) with { Segments = plan.Segments };
        var options = new ForwardOptions { Adapter = adapter };
        var x = Engine.Embedding(Engine.FromInts(plan.Tokens, plan.Tokens.Length), Weight(adapter, "model.embed_tokens.weight"));
        for (var layer = 0; layer < Config.Layers; layer++)
        {
            var (keys, values) = cache.Layer(layer);
            x = new DecoderBlock(this, layer, places, options).Forward(x, (q, k, v) =>
            {
                Engine.WriteRows(keys, plan.Rows, k);
                Engine.WriteRows(values, plan.Rows, v);
                return Engine.Attention(q, keys, values, spec);
            });
        }

        cache.Commit(appends);
        var last = Engine.Gather(x, Engine.FromInts(plan.LastRows, plan.LastRows.Length));
        return scope.Keep(Logits(Engine.RmsNorm(last, Weight(adapter, "model.norm.weight"), Config.NormEpsilon), adapter));
    }

    /// <summary>Promises that the weights do not change any more, so that decoding may use faster copies.</summary>
    public void Prepack()
    {
        foreach (var (path, _, _) in DecoderLayout.LinearModules(Config)) Engine.Prepack(byName[path + ".weight"]);
        Engine.Prepack(Head(null));
    }

    /// <summary>The weights as they are written to files.</summary>
    public IReadOnlyList<TensorSource> Sources(StoredType type) => [.. Weights.Select(weight => EngineWeights.Source(Engine, weight, type))];

    /// <summary>Frees the weights.</summary>
    public void Dispose()
    {
        foreach (var weight in Weights) weight.Tensor.Dispose();
        rotary.Dispose();
    }

    private Tensor Weight(LoraAdapter? adapter, string name) => adapter?.Saved(name) ?? byName[name];

    /// <summary>The weight of that name, or null.</summary>
    internal Tensor? Find(string name) => byName.GetValueOrDefault(name);
}
