using System.Runtime.InteropServices;
using Temper.Core.Safetensors;
using Temper.Tensors;

namespace Temper.Models;

/// <summary>A decoder-only transformer built from a <see cref="ModelConfig"/> on an engine, of any family there is. It owns its weights; create it
/// outside engine scopes. One thread uses it at a time.</summary>
public sealed class Decoder : IDisposable
{
    private const uint InitStream = 64;
    private const string ScoreName = "score.weight";
    private readonly Dictionary<string, Tensor> byName;
    private readonly DecoderFamily family;
    private readonly RotaryTable? rotary;
    private readonly NormNames finalNorm;
    private readonly string tableName, headName;
    private readonly string? positionsName;
    private readonly Stack<DecoderPass> passes = new();
    private readonly List<int> targets = [];
    private readonly HashSet<string> trained;
    private readonly EmbeddingNoise noise;

    private Decoder(IEngine engine, ModelConfig config, Func<WeightSlot, int, FillFloats> content, Func<string, bool> trainable, WeightForm form, Func<WeightSlot, FrozenForm?> stored)
    {
        (Engine, Config, family) = (engine, config, config.Family);
        var slots = DecoderLayout.Slots(config).ToArray();
        trained = [.. slots.Select(slot => slot.Name).Where(trainable)];
        var linear = DecoderLayout.LinearModules(config).Select(module => module.Path + ".weight").ToHashSet();
        Weights = [.. slots.Select((slot, i) => Made(slot, content(slot, i),
            trained.Contains(slot.Name) ? null : WeightForms.Of(form, slot, linear.Contains(slot.Name), stored(slot)), form == WeightForm.AsStored))];
        byName = Weights.ToDictionary(w => w.Name, w => w.Tensor);
        noise = new EmbeddingNoise(engine, config.HiddenSize);
        rotary = family.Names.Positions is null ? new RotaryTable(engine, config) : null;
        finalNorm = NormNames.Of(family.Names.Root + family.Names.FinalNorm);
        tableName = $"{family.Names.Root}{family.Names.Embedding}.weight";
        headName = config.TieWordEmbeddings ? tableName : "lm_head.weight";
        positionsName = family.Names.Positions is { } learned ? $"{family.Names.Root}{learned}.weight" : null;
        Blocks = [.. Enumerable.Range(0, config.Layers).Select(layer => new DecoderBlock(this, layer))];
    }

    /// <summary>What it is.</summary>
    public ModelConfig Config { get; }

    /// <summary>Where it computes.</summary>
    public IEngine Engine { get; }

    /// <summary>All weights in model order.</summary>
    public IReadOnlyList<NamedTensor> Weights { get; }

    /// <summary>The weights that are trained.</summary>
    public IReadOnlyList<NamedTensor> Trainable => [.. Weights.Where(w => trained.Contains(w.Name))];

    /// <summary>The blocks, in order.</summary>
    internal IReadOnlyList<DecoderBlock> Blocks { get; }

    private Tensor Head(LoraAdapter? adapter) => Config.Head == ModelHead.Causal ? Weight(adapter, headName)
        : throw new InvalidOperationException($"a model with the head {Config.Head} predicts no tokens");

    /// <summary>Random weights (N(0, <see cref="ModelConfig.InitializerRange"/>), norms 1, biases 0), a pure function of <paramref name="seed"/>. <paramref name="trainable"/>
    /// picks the ones that are trained; null trains all. <paramref name="form"/> is that of the others.</summary>
    public static Decoder Create(IEngine engine, ModelConfig config, ulong seed, Func<string, bool>? trainable = null, WeightForm form = WeightForm.Real) => new(engine, config, (slot, site) => slot.Role switch
    {
        WeightRole.Norm => (_, target) => target.Fill(1),
        WeightRole.Bias => (_, target) => target.Clear(),
        _ => (first, target) => Philox.FillNormal(new RandomKey(seed, InitStream, Site: (uint)site), target, 0, (float)config.InitializerRange, first),
    }, trainable ?? (_ => true), form, _ => null);

    /// <summary>Weights by name. <paramref name="trainable"/> picks the ones that are trained; null freezes all. <paramref name="form"/> is that of the others.
    /// With <paramref name="newHead"/> a head that the files do not have in this size is made of random numbers, a pure function of that seed.</summary>
    public static Decoder Load(IEngine engine, ModelConfig config, WeightFiles weights, Func<string, bool>? trainable = null, WeightForm form = WeightForm.Real, ulong? newHead = null)
    {
        var stored = DecoderLayout.Named(config, weights.Tensors);
        bool IsNew(WeightSlot slot) => newHead is not null && slot.Name.StartsWith("score.", StringComparison.Ordinal) && (stored.GetValueOrDefault(slot.Name) is not { } found || !found.Shape.SequenceEqual(slot.Shape));
        return new(engine, config, (slot, site) => IsNew(slot)
                ? slot.Role == WeightRole.Bias ? (_, target) => target.Clear() : (first, target) => Philox.FillNormal(new RandomKey(newHead!.Value, InitStream, Site: (uint)site), target, 0, (float)config.InitializerRange, first)
                : EngineWeights.FromFile(slot, (first, target) => weights.ReadFloats(stored[slot.Name].Name, first, target)), trainable ?? (_ => false), form,
            slot => IsNew(slot) ? null : weights.FormOf(stored[slot.Name].Name));
    }

    /// <summary>Normed hidden states of every token: [tokens, HiddenSize].</summary>
    public Tensor Hidden(PackedBatch batch, ForwardOptions? options = null)
    {
        options ??= ForwardOptions.Default;
        var pass = passes.TryPop(out var used) ? used : new DecoderPass(this);
        pass.Begin(batch, options, rotary);
        var x = Embedded(batch.Tokens, pass.Positions, options.Adapter, options.NoiseKey is { } key && options.NoiseAlpha > 0 ? noise.On(batch, key, options.NoiseAlpha) : null);
        x = Through(pass, x);
        var normed = Norm(x, finalNorm, options.Adapter);
        x.Dispose();
        return normed;
    }

    /// <summary>Logits of hidden states: [rows, VocabularySize]. The adapter counts when it keeps the output layer whole.</summary>
    public Tensor Logits(Tensor hidden, LoraAdapter? adapter = null)
    {
        var logits = Engine.Linear(hidden, Head(adapter));
        return Config.LogitSoftCap > 0 ? Engine.Scale(Engine.Tanh(Engine.Scale(logits, 1 / Config.LogitSoftCap)), Config.LogitSoftCap) : logits;
    }

    /// <summary>Summed loss over the labels of the batch: the hidden state of token t predicts token t + 1 of the same document.</summary>
    public TokenLoss Loss(PackedBatch batch, ForwardOptions? options = null) =>
        Engine.LinearCrossEntropy(Hidden(batch, options), Head(options?.Adapter), Targets(batch), Config.LogitSoftCap, options?.LabelSmoothing ?? 0);

    /// <summary>log p of each token that is a label under the model, at the token that predicts it; 0 elsewhere: [tokens] (DPO, ORPO).</summary>
    public Tensor LogProbs(PackedBatch batch, ForwardOptions? options = null) =>
        Engine.TokenLogProbs(Hidden(batch, options), Head(options?.Adapter), Targets(batch), Config.LogitSoftCap);

    /// <summary><see cref="LogProbs"/>, and how many labels the model would have said itself (a scalar without a graph).</summary>
    public (Tensor LogProbs, Tensor Correct) Scored(PackedBatch batch, ForwardOptions? options = null)
    {
        var (hidden, head, labels) = (Hidden(batch, options), Head(options?.Adapter), Targets(batch));
        var scores = Engine.TokenLogProbs(hidden, head, labels, Config.LogitSoftCap);
        using var frozen = Engine.NoGrad();
        return (scores, Engine.LinearCrossEntropy(hidden, head, labels, Config.LogitSoftCap).Correct);
    }

    /// <summary>Mean hidden state of each document: [documents, HiddenSize].</summary>
    public Tensor Embed(PackedBatch batch, ForwardOptions? options = null) => Engine.SegmentMean(Hidden(batch, options), batch.Lengths);

    /// <summary>Logits of the labels from the last token of each document, which must not be empty: [documents, Labels].</summary>
    public Tensor Classify(PackedBatch batch, ForwardOptions? options = null) => Classify(LastStates(batch, options), options?.Adapter);

    /// <summary>Logits of the labels from <see cref="LastStates"/>: [documents, Labels].</summary>
    public Tensor Classify(Tensor states, LoraAdapter? adapter) => Engine.Linear(states, Scores(adapter));

    /// <summary>log p of each document's class, from <see cref="LastStates"/>: [documents].</summary>
    public Tensor ClassLogProbs(Tensor states, int[] classes, LoraAdapter? adapter) => Engine.TokenLogProbs(states, Scores(adapter), Engine.FromInts(classes, classes.Length));

    /// <summary>Summed cross-entropy of the documents' classes; a document whose class is negative counts for nothing.</summary>
    /// <param name="batch">The documents.</param>
    /// <param name="classes">Per document the number of its label in <see cref="ModelConfig.Labels"/>.</param>
    /// <param name="options">How the pass is made.</param>
    public TokenLoss ClassLoss(PackedBatch batch, int[] classes, ForwardOptions? options = null) =>
        Engine.LinearCrossEntropy(LastStates(batch, options), Scores(options?.Adapter), Engine.FromInts(classes, classes.Length), smoothing: options?.LabelSmoothing ?? 0);

    /// <summary>Appends tokens to cached sequences, each slot at most once, and returns the logits after the last token of each: [appends, VocabularySize].
    /// Records no graph. The bits are those of <see cref="Hidden"/> over the whole sequence.</summary>
    public Tensor Append(KvCache cache, IReadOnlyList<CacheAppend> appends, LoraAdapter? adapter = null)
    {
        cache.Plan(appends);
        using var noGrad = Engine.NoGrad();
        using var scope = Engine.BeginScope();
        var pass = passes.TryPop(out var used) ? used : new DecoderPass(this);
        pass.Begin(cache, adapter, rotary);
        var x = Embedded(cache.NewTokens, pass.Positions, adapter);
        x = Through(pass, x);
        cache.Commit(appends);
        var last = Engine.Gather(x, Ints(cache.LastRows));
        return scope.Keep(Logits(Norm(last, finalNorm, adapter), adapter));
    }

    /// <summary>Promises that the weights do not change any more, so that decoding may use faster copies.</summary>
    public void Prepack()
    {
        foreach (var (path, _, _) in DecoderLayout.LinearModules(Config)) Prepack(byName[path + ".weight"]);
        if (Config.Head == ModelHead.Causal) Prepack(Head(null));
    }

    /// <summary>The weights as they are written to files.</summary>
    public IReadOnlyList<TensorSource> Sources(StoredType type) => [.. Weights.Select(weight => EngineWeights.Source(Engine, weight, type))];

    /// <summary>Frees the weights.</summary>
    public void Dispose()
    {
        foreach (var weight in Weights) weight.Tensor.Dispose();
        rotary?.Dispose();
    }

    /// <summary>The weight of that name, or null.</summary>
    internal Tensor? Find(string name) => byName.GetValueOrDefault(name);

    /// <summary>The weight of that name, the adapter's where it keeps it whole, or null.</summary>
    internal Tensor? Find(string name, LoraAdapter? adapter) => adapter?.Saved(name) ?? Find(name);

    /// <summary>A norm of this family's kind.</summary>
    internal Tensor Norm(Tensor x, NormNames names, LoraAdapter? adapter) => family.Norm == NormKind.Layer
        ? Engine.LayerNorm(x, Weight(adapter, names.Weight), Weight(adapter, names.Bias), Config.NormEpsilon)
        : Engine.RmsNorm(x, Weight(adapter, names.Weight), Config.NormEpsilon, plusOne: family.Norm == NormKind.RmsPlusOne);

    /// <summary>Takes back a pass that nobody needs any more.</summary>
    internal void Reuse(DecoderPass pass) => passes.Push(pass);

    private Tensor Through(DecoderPass pass, Tensor x)
    {
        for (var layer = 0; layer < Config.Layers; layer++)
        {
            x = AtBorder(pass, layer, x);
            var next = pass.Run(layer, x);
            x.Dispose();
            x = next;
        }

        x = AtBorder(pass, Config.Layers, x);
        pass.End();
        return x;
    }

    private static Tensor AtBorder(DecoderPass pass, int layer, Tensor x)
    {
        if (pass.Border is not { } border) return x;
        var next = border(layer, x);
        if (!ReferenceEquals(next, x)) x.Dispose();
        return next;
    }

    private void Prepack(Tensor weight)
    {
        if (weight.DType != DType.Frozen) Engine.Prepack(weight);
    }

    /// <summary>Normed hidden state of the last token of each document, which must not be empty, through the model's own head where it has one: [documents, HiddenSize].</summary>
    public Tensor LastStates(PackedBatch batch, ForwardOptions? options) => ClassifierHeads.Apply(Config.HeadName, Engine,
        Engine.Gather(Hidden(batch, options), Engine.FromInts(batch.LastTokens(), batch.Lengths.Length)), name => byName["score.head." + name]);

    private Tensor Scores(LoraAdapter? adapter) => Config.Head == ModelHead.Classification ? Weight(adapter, ScoreName)
        : throw new InvalidOperationException($"a model with the head {Config.Head} does not classify");

    private Tensor Weight(LoraAdapter? adapter, string name) => adapter?.Saved(name) ?? byName[name];

    private NamedTensor Made(WeightSlot slot, FillFloats content, FrozenForm? form, bool exactly)
    {
        var tensor = form is not { } narrow ? null : exactly ? EngineWeights.FreezeExactly(Engine, narrow, slot.EngineShape, content) : EngineWeights.Freeze(Engine, narrow, slot.EngineShape, content);
        return new(slot.Name, tensor ?? EngineWeights.Make(Engine, slot.EngineShape, content, trained.Contains(slot.Name))) { Transposed = slot.Transposed, Form = tensor is null ? null : form };
    }

    private Tensor Embedded(ReadOnlySpan<int> tokens, ReadOnlySpan<int> positions, LoraAdapter? adapter, Tensor? noisy = null)
    {
        var x = Engine.Embedding(Ints(tokens), Weight(adapter, tableName));
        if (noisy is not null) x = Engine.Add(x, noisy);
        if (family.ScaledEmbedding) x = Engine.Scale(x, Math.Sqrt(Config.HiddenSize));
        return positionsName is null ? x : Engine.Add(x, Engine.Embedding(Ints(positions), Weight(adapter, positionsName)));
    }

    private Tensor Targets(PackedBatch batch)
    {
        batch.FindTargets(targets);
        return Ints(CollectionsMarshal.AsSpan(targets));
    }

    private Tensor Ints(ReadOnlySpan<int> values) => Engine.FromInts(values, values.Length);
}
