using Temper.Core.Safetensors;
using Temper.Tensors;

namespace Temper.Models;

/// <summary>A bidirectional transformer (BERT: Devlin et al. 2019; ViT: Dosovitskiy et al. 2021) built from an <see cref="EncoderConfig"/> on an
/// engine. It owns its weights; create it outside engine scopes. One thread uses it at a time.</summary>
public sealed class Encoder : IDisposable
{
    private const uint InitStream = 66;
    private const uint SitesPerBlock = 16;
    private const int TokensAtOnce = 2048;
    private readonly Dictionary<string, Tensor> byName;
    private readonly EncoderNames names;
    private readonly HashSet<string> trained;
    private readonly string root;

    /// <summary>Nothing is kept for a backward pass.</summary>
    internal static readonly ForwardOptions Again = new() { Recompute = Recomputation.Blocks };

    private Encoder(IEngine engine, EncoderConfig config, bool pooler, Func<WeightSlot, int, FillFloats> content, Func<string, bool> trainable)
    {
        (Engine, Config, names, root, HasPooler) = (engine, config, EncoderNames.Of(config.Kind), EncoderLayout.Root(config), pooler);
        var slots = EncoderLayout.Slots(config, pooler).ToArray();
        trained = [.. slots.Select(slot => slot.Name).Where(trainable)];
        Weights = [.. slots.Select((slot, i) => new NamedTensor(slot.Name, EngineWeights.Make(engine, slot.Shape, content(slot, i), trained.Contains(slot.Name))))];
        byName = Weights.ToDictionary(w => w.Name, w => w.Tensor);
    }

    /// <summary>What it is.</summary>
    public EncoderConfig Config { get; }

    /// <summary>Where it computes.</summary>
    public IEngine Engine { get; }

    /// <summary>Every weight.</summary>
    public IReadOnlyList<NamedTensor> Weights { get; }

    /// <summary>The weights that are trained.</summary>
    public IReadOnlyList<NamedTensor> Trainable => [.. Weights.Where(w => trained.Contains(w.Name))];

    /// <summary>Whether <see cref="Pooled"/> can be asked for.</summary>
    public bool HasPooler { get; }

    /// <summary>Random weights (N(0, 0.02), norms 1, biases 0), a pure function of <paramref name="seed"/>. <paramref name="trainable"/> picks the ones
    /// that are trained; null trains all.</summary>
    public static Encoder Create(IEngine engine, EncoderConfig config, ulong seed, Func<string, bool>? trainable = null) =>
        new(engine, config, config.Kind == EncoderKind.Bert, (slot, site) => slot.Role switch
        {
            WeightRole.Matrix => (first, target) => Philox.FillNormal(new RandomKey(seed, InitStream, Site: (uint)site), target, 0, 0.02f, first),
            WeightRole.Norm => (_, target) => target.Fill(1),
            _ => (_, target) => target.Clear(),
        }, trainable ?? (_ => true));

    /// <summary>Weights by name, all errors at once. <paramref name="trainable"/> picks the ones that are trained; null freezes all.
    /// With <paramref name="newHead"/> a classifier (and a text classifier's pooler) that the files do not have in this size is made of random numbers, a pure
    /// function of that seed; its biases are 0.</summary>
    public static Encoder Load(IEngine engine, EncoderConfig config, WeightFiles weights, Func<string, bool>? trainable = null, string folder = "the model", ulong? newHead = null)
    {
        var stored = EncoderLayout.Named(config, weights.Tensors);
        var pooler = EncoderLayout.HasPooler(config, stored);
        bool IsNew(WeightSlot slot) => newHead is not null && EncoderLayout.IsHead(slot.Name) && (stored.GetValueOrDefault(slot.Name) is not { } found || !found.Shape.SequenceEqual(slot.Shape));
        WeightCheck.Throw(WeightCheck.Compare(EncoderLayout.Slots(config, pooler).Where(slot => !IsNew(slot)), stored, name => EncoderLayout.IsIgnored(config, name) || (newHead is not null && EncoderLayout.IsHead(name)), folder));
        return new(engine, config, pooler, (slot, site) => !IsNew(slot) ? (first, target) => weights.ReadFloats(stored[slot.Name].Name, first, target)
            : slot.Role == WeightRole.Matrix ? (first, target) => Philox.FillNormal(new RandomKey(newHead!.Value, InitStream, Site: (uint)site), target, 0, 0.02f, first)
            : (_, target) => target.Clear(), trainable ?? (_ => false));
    }

    /// <summary>Last hidden states of texts: [tokens, HiddenSize]. <paramref name="types"/> gives each token's segment; null: all 0. Of <paramref name="options"/>
    /// adapter, its dropout, recomputation (of whole blocks, or nothing) and border count; null: the model alone.</summary>
    public Tensor Hidden(PackedBatch texts, ForwardOptions? options = null, int[]? types = null)
    {
        if (Config.Kind != EncoderKind.Bert) throw new InvalidOperationException("this model reads images");
        var (path, how) = (root + "embeddings.", options ?? ForwardOptions.Default);
        var x = Engine.Add(Embed(texts.Tokens, path + "word_embeddings.weight", how), Embed(texts.Positions(), path + "position_embeddings.weight", how));
        x = Engine.Add(x, Embed(types ?? new int[texts.Tokens.Length], path + "token_type_embeddings.weight", how));
        return Blocks(Norm(x, path + "LayerNorm", how), texts.Lengths, how);
    }

    /// <summary>Last hidden states of images: [images · (1 + Patches), HiddenSize], the class token of each first.</summary>
    /// <param name="pixels">Normalised pixels [images, Channels, ImageSize, ImageSize], end to end.</param>
    /// <param name="options">As for texts.</param>
    public Tensor Hidden(ReadOnlySpan<float> pixels, ForwardOptions? options = null)
    {
        if (Config.Kind != EncoderKind.Vit) throw new InvalidOperationException("this model reads texts");
        var how = options ?? ForwardOptions.Default;
        var (path, images, inputs) = (root + "embeddings.", ImagePatches.Count(Config, pixels.Length), Config.Channels * Config.PatchSize * Config.PatchSize);
        var kernel = Engine.Reshape(Weight(path + "patch_embeddings.projection.weight", how), Config.HiddenSize, inputs);
        var patches = Engine.Linear(Engine.FromFloats(ImagePatches.Of(Config, pixels), images * Config.Patches, inputs), kernel, Weight(path + "patch_embeddings.projection.bias", how));
        var first = Engine.Reshape(Weight(path + "cls_token", how), 1, Config.HiddenSize);
        int[] rows = [.. Enumerable.Range(0, images).SelectMany(image => Enumerable.Range(image * Config.Patches + 1, Config.Patches).Prepend(0))];
        int[] places = [.. Enumerable.Range(0, images).SelectMany(_ => Enumerable.Range(0, 1 + Config.Patches))];
        var positions = Engine.Reshape(Weight(path + "position_embeddings", how), 1 + Config.Patches, Config.HiddenSize);
        var x = Engine.Add(Engine.Gather(Engine.Cat([first, patches], 0), Ints(rows)), Engine.Gather(positions, Ints(places)));
        return Norm(Blocks(x, [.. Enumerable.Repeat(1 + Config.Patches, images)], how), root + "layernorm", how);
    }

    /// <summary>The mean over each text's last hidden states: [texts, HiddenSize], without a graph. Texts go through few at a time, so that what a block
    /// leaves is read from the cache; bits do not change.</summary>
    public Tensor Embed(PackedBatch texts, LoraAdapter? adapter = null)
    {
        var how = Again with { Adapter = adapter };
        using var noGrad = Engine.NoGrad();
        using var scope = Engine.BeginScope();
        var means = texts.Parts(TokensAtOnce).Select(part =>
        {
            using var inner = Engine.BeginScope();
            return inner.Keep(Engine.SegmentMean(Hidden(part, how), part.Lengths));
        }).ToArray();
        return scope.Keep(means.Length == 1 ? means[0] : Engine.Cat(means, 0));
    }

    /// <summary>tanh of a matrix times the first hidden state of each input: [inputs, HiddenSize].</summary>
    public Tensor Pooled(Tensor hidden, IReadOnlyList<int> lengths, ForwardOptions? options = null) => HasPooler
        ? Engine.Tanh(Linear(First(hidden, lengths), root + EncoderLayout.Pooler, (uint)Config.Layers * SitesPerBlock, options ?? ForwardOptions.Default))
        : throw new InvalidOperationException("this model has no pooler");

    /// <summary>What the classifier sees: BERT's pooled state, ViT's class token, through the model's own head where it has one: [inputs, HiddenSize].</summary>
    public Tensor Features(Tensor hidden, IReadOnlyList<int> lengths, ForwardOptions? options = null)
    {
        var how = options ?? ForwardOptions.Default;
        return ClassifierHeads.Apply(Config.HeadName, Engine, Config.Kind == EncoderKind.Bert ? Pooled(hidden, lengths, how) : First(hidden, lengths), name => Weight("classifier.head." + name, how));
    }

    /// <summary>Logits of the labels: [inputs, Labels]. The adapter counts when it keeps the classifier whole.</summary>
    public Tensor Classify(Tensor features, LoraAdapter? adapter = null) => Config.Head == ModelHead.Classification
        ? Engine.Linear(features, Weight("classifier.weight", adapter), Weight("classifier.bias", adapter))
        : throw new InvalidOperationException($"a model with the head {Config.Head} does not classify");

    /// <summary>Summed cross-entropy of the labels [inputs]; negative ones count for nothing.</summary>
    public TokenLoss ClassLoss(Tensor features, int[] labels, LoraAdapter? adapter = null)
    {
        var (rows, matrix) = WithBias(features, labels.Length, adapter);
        return Engine.LinearCrossEntropy(rows, matrix, Ints(labels));
    }

    /// <summary>log p of each input's label: [inputs]; 0 where it is negative.</summary>
    public Tensor ClassLogProbs(Tensor features, int[] labels, LoraAdapter? adapter = null)
    {
        var (rows, matrix) = WithBias(features, labels.Length, adapter);
        return Engine.TokenLogProbs(rows, matrix, Ints(labels));
    }

    /// <summary>Promises that the weights do not change any more, so that few short inputs need not wait for matrices to be laid out. Bits do not change.</summary>
    public void Prepack()
    {
        foreach (var (name, tensor) in Weights.Select(w => (w.Name, w.Tensor)))
            if (tensor.Rank == 2 && !trained.Contains(name) && !name.StartsWith(root + "embeddings.", StringComparison.Ordinal)) Engine.Prepack(tensor);
    }

    /// <summary>The weights as they are written to files.</summary>
    public IReadOnlyList<TensorSource> Sources(StoredType type) => [.. Weights.Select(w => EngineWeights.Source(Engine, w, type))];

    /// <summary>The weight of that name, or null.</summary>
    internal Tensor? Find(string name) => byName.GetValueOrDefault(name);

    /// <summary>Frees the weights.</summary>
    public void Dispose()
    {
        foreach (var weight in Weights) weight.Tensor.Dispose();
    }

    /// <summary>The classifier with its bias as a column that meets ones.</summary>
    private (Tensor Rows, Tensor Matrix) WithBias(Tensor features, int inputs, LoraAdapter? adapter)
    {
        var ones = Engine.FromFloats([.. Enumerable.Repeat(1f, inputs)], inputs, 1);
        return (Engine.Cat([features, ones], 1), Engine.Cat([Weight("classifier.weight", adapter), Engine.Reshape(Weight("classifier.bias", adapter), Config.Labels.Count, 1)], 1));
    }

    private Tensor Blocks(Tensor x, int[] lengths, ForwardOptions options)
    {
        var spec = new AttentionSpec
        {
            Heads = Config.Heads,
            KeyValueHeads = Config.Heads,
            HeadSize = Config.HiddenSize / Config.Heads,
            Scale = (float)(1 / Math.Sqrt(Config.HiddenSize / Config.Heads)),
            Causal = false,
            Segments = AttentionSegment.FromLengths(lengths),
        };
        for (var layer = 0; layer < Config.Layers; layer++)
        {
            var block = new Block($"{root}encoder.layer.{layer}.", (uint)layer * SitesPerBlock, spec, options);
            Tensor Body(Tensor input) => Config.Kind == EncoderKind.Bert ? NormAfter(input, block) : NormBefore(input, block);
            x = options.Border?.Invoke(layer, x) ?? x;
            x = options.Recompute == Recomputation.Nothing ? Body(x) : Engine.Checkpoint(Body, x);
        }

        return options.Border?.Invoke(Config.Layers, x) ?? x;
    }

    private Tensor NormAfter(Tensor x, Block block)
    {
        x = Norm(Engine.Add(x, Attend(x, block)), block.Path + names.AttentionNorm, block.Options);
        return Norm(Engine.Add(x, FeedForward(x, block)), block.Path + names.FeedForwardNorm, block.Options);
    }

    private Tensor NormBefore(Tensor x, Block block)
    {
        x = Engine.Add(x, Attend(Norm(x, block.Path + names.AttentionNorm, block.Options), block));
        return Engine.Add(x, FeedForward(Norm(x, block.Path + names.FeedForwardNorm, block.Options), block));
    }

    private Tensor Attend(Tensor x, Block block) =>
        Linear(Engine.Attention(Linear(x, names.Query, 0, block), Linear(x, names.Key, 1, block), Linear(x, names.Value, 2, block), block.Attention), names.Output, 3, block);

    private Tensor FeedForward(Tensor x, Block block) => Linear(Engine.Activation(Linear(x, names.Up, 5, block), Config.Activation), names.Down, 6, block);

    private Tensor First(Tensor hidden, IReadOnlyList<int> lengths)
    {
        var (rows, at) = (new int[lengths.Count], 0);
        for (var i = 0; i < rows.Length; i++) (rows[i], at) = (at, at + lengths[i]);
        return Engine.Gather(hidden, Ints(rows));
    }

    private Tensor Linear(Tensor x, string name, uint site, Block block) => Linear(x, block.Path + name, block.FirstSite + site, block.Options);

    private Tensor Linear(Tensor x, string path, uint site, ForwardOptions options)
    {
        var (weight, bias) = (Weight(path + ".weight", options), options.Adapter?.Saved(path + ".bias") ?? Find(path + ".bias"));
        return options.Adapter is { } adapter ? adapter.Linear(path, x, weight, bias, options.DropoutKey?.At(site)) : Engine.Linear(x, weight, bias);
    }

    private Tensor Norm(Tensor x, string path, ForwardOptions options) => Engine.LayerNorm(x, Weight(path + ".weight", options), Weight(path + ".bias", options), Config.NormEpsilon);

    private Tensor Embed(int[] ids, string table, ForwardOptions options) => Engine.Embedding(Ints(ids), Weight(table, options));

    private Tensor Weight(string name, ForwardOptions options) => Weight(name, options.Adapter);

    /// <summary>The weight of that name, the adapter's where it keeps it whole.</summary>
    private Tensor Weight(string name, LoraAdapter? adapter) => adapter?.Saved(name) ?? byName[name];

    private Tensor Ints(int[] values) => Engine.FromInts(values, values.Length);

    /// <summary>One block in one pass: what stands before its names, the first of its sites of dropout, who attends to whom.</summary>
    private sealed record Block(string Path, uint FirstSite, AttentionSpec Attention, ForwardOptions Options);
}
