using System.Diagnostics;
using System.Text.Json;
using Temper.Tensors;

namespace Temper.Bench;

/// <summary>Whole training steps (forward, backward, clip, AdamW) of a small Llama: vocabulary 512, width 128, 4 layers, 8 heads, inner 384,
/// batches of 8 × 256 tokens. LoRA of rank 8 on every linear layer when asked.</summary>
internal sealed class StepBench : IDisposable
{
    private const int Vocabulary = 512, Width = 128, Layers = 4, Heads = 8, Inner = 384, Length = 256, Batch = 8, Rank = 8;
    private static readonly (string Name, int To, int From)[] Linears =
    [
        ("q", Width, Width), ("k", Width, Width), ("v", Width, Width), ("o", Width, Width), ("gate", Inner, Width), ("up", Inner, Width), ("down", Width, Inner),
    ];

    private readonly IEngine engine;
    private readonly bool lora;
    private readonly Dictionary<string, Tensor> weights = [];
    private readonly List<Tensor> trained = [];
    private readonly Tensor cos, sin, positions, ids, targets;
    private readonly AttentionSpec attention;

    private StepBench(int threads, bool lora)
    {
        engine = CpuEngine.Create(threads);
        this.lora = lora;
        Add("embed", !lora, Vocabulary, Width);
        Add("head", !lora, Vocabulary, Width);
        Add("norm", !lora, Width);
        for (var l = 0; l < Layers; l++) AddLayer(l);
        var angles = Enumerable.Range(0, Length * 8).Select(i => i / 8 * Math.Pow(10000, -(i % 8) / 8.0)).ToArray();
        cos = engine.FromDoubles([.. angles.Select(Math.Cos)], Length, 8);
        sin = engine.FromDoubles([.. angles.Select(Math.Sin)], Length, 8);
        var tokens = Enumerable.Range(0, Batch * Length).Select(i => (int)Philox.Below(new RandomKey(1, 2), i, Vocabulary)).ToArray();
        ids = engine.FromInts(tokens, tokens.Length);
        positions = engine.FromInts([.. tokens.Select((_, i) => i % Length)], tokens.Length);
        targets = engine.FromInts([.. tokens.Select((_, i) => i % Length == Length - 1 ? -1 : tokens[i + 1])], tokens.Length);
        attention = new AttentionSpec
        {
            Heads = Heads,
            KeyValueHeads = Heads,
            HeadSize = Width / Heads,
            Scale = 0.25f,
            Segments = AttentionSegment.FromLengths([.. Enumerable.Repeat(Length, Batch)]),
        };
    }

    public static int Run(string kind, int threads)
    {
        using var bench = new StepBench(threads, kind == "lora");
        using var optimizer = bench.engine.AdamW([new ParameterGroup(bench.trained)], new AdamWOptions());
        var rates = new List<double>();
        var loss = 0.0;
        var total = Stopwatch.StartNew();
        var cpu = new List<double>();
        using var process = Process.GetCurrentProcess();
        for (var step = 0; step < 10 || (total.Elapsed.TotalSeconds < 10 && step < 300); step++)
        {
            var start = Stopwatch.GetTimestamp();
            process.Refresh();
            var used = process.TotalProcessorTime;
            loss = bench.Step(optimizer);
            rates.Add(Batch * Length / Stopwatch.GetElapsedTime(start).TotalSeconds);
            process.Refresh();
            cpu.Add((process.TotalProcessorTime - used).TotalMilliseconds);
        }

        rates.RemoveRange(0, 3);
        cpu.Sort();
        rates.Sort();
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            bench = "step",
            kind,
            parameters = bench.weights.Values.Sum(w => w.Count),
            threads = bench.engine.Info.Threads,
            tokens_per_second_median = Math.Round(rates[rates.Count / 2]),
            tokens_per_second_best = Math.Round(rates[^1]),
            cpu_ms_per_step_median = Math.Round(cpu[cpu.Count / 2], 1),
            loss = Math.Round(loss, 4),
            peak_mb = bench.engine.Memory().PeakBytes >> 20,
        }));
        return 0;
    }

    public void Dispose() => engine.Dispose();

    private double Step(IOptimizer optimizer)
    {
        using var scope = engine.BeginScope();
        var result = engine.LinearCrossEntropy(Hidden(), weights["head"], targets);
        engine.Backward(result.Sum, 1 / engine.ScalarOf(result.Tokens));
        optimizer.ClipNorm(1);
        optimizer.Step(1e-3);
        optimizer.ZeroGrad();
        return engine.ScalarOf(result.Sum) / engine.ScalarOf(result.Tokens);
    }

    private Tensor Hidden()
    {
        var x = engine.Embedding(ids, weights["embed"]);
        for (var l = 0; l < Layers; l++)
        {
            var n = engine.RmsNorm(x, weights[$"{l}.norm1"], 1e-5);
            var q = engine.Rope(Linear(l, "q", n), cos, sin, positions, Width / Heads);
            var k = engine.Rope(Linear(l, "k", n), cos, sin, positions, Width / Heads);
            x = engine.Add(x, Linear(l, "o", engine.Attention(q, k, Linear(l, "v", n), attention)));
            n = engine.RmsNorm(x, weights[$"{l}.norm2"], 1e-5);
            x = engine.Add(x, Linear(l, "down", engine.GatedAct(Linear(l, "gate", n), Linear(l, "up", n), Act.Silu)));
        }

        return engine.RmsNorm(x, weights["norm"], 1e-5);
    }

    private Tensor Linear(int l, string name, Tensor x)
    {
        var y = engine.Linear(x, weights[$"{l}.{name}"]);
        return lora ? engine.LoraAdd(y, x, weights[$"{l}.{name}.a"], weights[$"{l}.{name}.b"], 2) : y;
    }

    private void AddLayer(int l)
    {
        Add($"{l}.norm1", !lora, Width);
        Add($"{l}.norm2", !lora, Width);
        foreach (var (name, to, from) in Linears)
        {
            Add($"{l}.{name}", !lora, to, from);
            if (!lora) continue;
            Add($"{l}.{name}.a", true, Rank, from);
            Add($"{l}.{name}.b", true, to, Rank);
        }
    }

    private void Add(string name, bool train, params ReadOnlySpan<long> shape)
    {
        var values = new float[shape.Length == 1 ? shape[0] : shape[0] * shape[1]];
        if (shape.Length == 1) Array.Fill(values, 1f);
        else Philox.FillNormal(new RandomKey(7, 3, Site: (uint)weights.Count), values, 0, 0.05f);
        using var init = engine.FromFloats(values, shape);
        weights[name] = train ? engine.Parameter(init) : engine.Reshape(init, shape);
        if (train) trained.Add(weights[name]);
    }
}
