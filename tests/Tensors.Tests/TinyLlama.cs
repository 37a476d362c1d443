namespace Temper.Tensors.Tests;

/// <summary>A Llama of two layers built from the port's operations, for tests of the whole.</summary>
internal sealed class TinyLlama
{
    public const int Vocabulary = 13, Width = 12, Heads = 3, KeyHeads = 1, HeadSize = 4, Inner = 20, Layers = 2, Rank = 2;
    private readonly IEngine engine;
    private readonly Tensor cos, sin;
    private readonly Dictionary<string, Tensor> weights = [];

    /// <summary>Matrices that are not trained are kept in the form <paramref name="frozen"/>.</summary>
    public TinyLlama(IEngine engine, bool lora = false, bool trainBase = true, FrozenForm? frozen = null)
    {
        this.engine = engine;
        Lora = lora;
        var seed = 100u;
        void Add(string name, double deviation, double mean, bool train, params long[] shape)
        {
            var values = Numbers.Normal((int)shape.Aggregate(1L, (a, b) => a * b), seed++, deviation);
            if (!train && shape.Length == 2 && frozen is { } form)
            {
                weights[name] = engine.Freeze(form, shape[0], shape[1], (first, rows) => values.Skip((int)(first * shape[1])).Take(rows.Length).Select(v => (float)v).ToArray().CopyTo(rows));
                return;
            }

            var init = engine.FromDoubles([.. values.Select(v => v + mean)], shape);
            weights[name] = train ? engine.Parameter(init) : init;
            if (train) Trained.Add(weights[name]);
        }

        Add("embed", 1, 0, trainBase, Vocabulary, Width);
        for (var l = 0; l < Layers; l++)
        {
            Add($"{l}.norm1", 0.1, 1, trainBase, Width);
            Add($"{l}.norm2", 0.1, 1, trainBase, Width);
            foreach (var (name, to, from) in Linears)
            {
                Add($"{l}.{name}", 0.3, 0, trainBase, to, from);
                if (!lora) continue;
                Add($"{l}.{name}.a", 0.3, 0, true, Rank, from);
                Add($"{l}.{name}.b", 0.3, 0, true, to, Rank);
            }
        }

        Add("norm", 0.1, 1, trainBase, Width);
        const int half = HeadSize / 2, positions = 64;
        var angles = Enumerable.Range(0, positions * half).Select(i => i / half * Math.Pow(100, -(i % half) / (double)half)).ToArray();
        cos = engine.FromDoubles([.. angles.Select(Math.Cos)], positions, half);
        sin = engine.FromDoubles([.. angles.Select(Math.Sin)], positions, half);
    }

    public List<Tensor> Trained { get; } = [];

    public bool Lora { get; }

    public bool Checkpointed { get; init; }

    public float Dropout { get; init; }

    private static (string, int, int)[] Linears =>
    [
        ("q", Heads * HeadSize, Width), ("k", KeyHeads * HeadSize, Width), ("v", KeyHeads * HeadSize, Width), ("o", Width, Heads * HeadSize),
        ("gate", Inner, Width), ("up", Inner, Width), ("down", Width, Inner),
    ];

    public Tensor Hidden(int[][] documents)
    {
        var ids = engine.FromInts([.. documents.SelectMany(d => d)], documents.Sum(d => d.Length));
        var positions = engine.FromInts([.. documents.SelectMany(d => Enumerable.Range(0, d.Length))], ids.Count);
        var segments = AttentionSegment.FromLengths([.. documents.Select(d => d.Length)]);
        var x = engine.Embedding(ids, weights["embed"]);
        for (var l = 0; l < Layers; l++)
        {
            var layer = l;
            Tensor Body(Tensor input) => Block(layer, input, positions, segments);
            x = Checkpointed ? engine.Checkpoint(Body, x) : Body(x);
        }

        return engine.RmsNorm(x, weights["norm"], 1e-5);
    }

    /// <summary>Sum of next-token losses; the last token of a document has no target.</summary>
    public TokenLoss Loss(params int[][] documents)
    {
        var targets = documents.SelectMany(d => d.Skip(1).Append(-1)).ToArray();
        return engine.LinearCrossEntropy(Hidden(documents), weights["embed"], engine.FromInts(targets, targets.Length));
    }

    private Tensor Block(int l, Tensor x, Tensor positions, AttentionSegment[] segments)
    {
        var spec = new AttentionSpec { Heads = Heads, KeyValueHeads = KeyHeads, HeadSize = HeadSize, Scale = 0.5f, Segments = segments };
        var n = engine.RmsNorm(x, weights[$"{l}.norm1"], 1e-5);
        var q = engine.Rope(Linear(l, "q", n), cos, sin, positions, HeadSize);
        var k = engine.Rope(Linear(l, "k", n), cos, sin, positions, HeadSize);
        x = engine.Add(x, Linear(l, "o", engine.Attention(q, k, Linear(l, "v", n), spec)));
        n = engine.RmsNorm(x, weights[$"{l}.norm2"], 1e-5);
        return engine.Add(x, Linear(l, "down", engine.GatedAct(Linear(l, "gate", n), Linear(l, "up", n), Act.Silu)));
    }

    private Tensor Linear(int l, string name, Tensor x)
    {
        var y = engine.Linear(x, weights[$"{l}.{name}"]);
        if (!Lora) return y;
        var site = (uint)(l * 100 + Array.FindIndex(Linears, x => x.Item1 == name));
        return engine.LoraAdd(y, x, weights[$"{l}.{name}.a"], weights[$"{l}.{name}.b"], 2, new DropoutSpec(Dropout, new RandomKey(5, 1, 0, 0, site)));
    }
}
