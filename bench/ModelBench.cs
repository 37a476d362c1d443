using System.Diagnostics;
using System.Text.Json;
using Temper.Models;
using Temper.Tensors;

namespace Temper.Bench;

/// <summary>What a model's work costs, on three shapes: training steps (full, LoRA of rank 8 on every linear layer), decoding one token at a time
/// after a prompt of 64, and prefilling a prompt of 512. One JSON line with the fields of the PyTorch script, so that both can be put side by side.</summary>
internal sealed record ModelBench(string Shape, string Mode, int Threads, int Steps)
{
    private const int Rank = 8, DecodePrompt = 64, DecodeSteps = 127, PrefillLength = 512;

    /// <summary>Vocabulary, width, layers, heads, key/value heads, inner width, tokens per text, texts per batch.</summary>
    private static readonly Dictionary<string, int[]> Shapes = new()
    {
        ["A"] = [512, 128, 4, 4, 2, 352, 256, 8],
        ["B"] = [8192, 512, 8, 8, 4, 1408, 512, 8],
        ["C"] = [49152, 576, 30, 9, 3, 1536, 512, 2],
    };

    private int Length => Shapes[Shape][6];

    private int Texts => Shapes[Shape][7];

    public int Run()
    {
        using var engine = CpuEngine.Create(Threads);
        using var decoder = Decoder.Create(engine, Config(), 1, _ => Mode == "full");
        var fields = new Dictionary<string, object>
        {
            ["cfg"] = Shape,
            ["mode"] = Mode,
            ["dtype"] = "fp32",
            ["params"] = decoder.Weights.Sum(w => w.Tensor.Count),
        };
        foreach (var (name, value) in Mode switch { "full" or "lora" => Train(engine, decoder), "decode" => Decode(engine, decoder), _ => Prefill(engine, decoder) })
            fields[name] = value;
        fields["peak_rss_mb"] = PeakMemory();
        fields["threads"] = engine.Info.Threads;
        fields["engine"] = engine.Info.NumericsId;
        Console.WriteLine(JsonSerializer.Serialize(fields));
        return 0;
    }

    private IEnumerable<(string, object)> Train(IEngine engine, Decoder decoder)
    {
        using var adapter = Mode == "lora" ? LoraAdapter.Create(decoder, new LoraConfig { Rank = Rank, Alpha = 2 * Rank, TargetModules = ["all-linear"] }, 1) : null;
        Tensor[] trained = adapter is null ? [.. decoder.Weights.Select(w => w.Tensor)] : [.. adapter.Weights.Select(w => w.Tensor)];
        using var optimizer = engine.AdamW([new ParameterGroup(trained)], new AdamWOptions());
        var batch = Batch();
        var labels = batch.LabelCount;
        var (times, losses) = (new List<double>(), new List<double>());
        for (var step = 0; step <= Steps; step++)
        {
            var start = Stopwatch.GetTimestamp();
            using var scope = engine.BeginScope();
            var loss = decoder.Loss(batch, new ForwardOptions { Adapter = adapter });
            engine.Backward(loss.Sum, 1.0 / labels);
            optimizer.Step(1e-4);
            optimizer.ZeroGrad();
            losses.Add(engine.ScalarOf(loss.Sum) / labels);
            times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        times.RemoveAt(0);
        double tokens = Length * Texts;
        yield return ("train_params", trained.Sum(t => t.Count));
        yield return ("tok_s_med", Math.Round(tokens / Median(times), 1));
        yield return ("tok_s_best", Math.Round(tokens / times.Min(), 1));
        yield return ("step_s", Math.Round(Median(times), 3));
        yield return ("loss0", Math.Round(losses[0], 3));
        yield return ("loss", Math.Round(losses[^1], 3));
    }

    private IEnumerable<(string, object)> Decode(IEngine engine, Decoder decoder)
    {
        decoder.Prepack();
        var (decoding, prefilling) = (new List<double>(), new List<double>());
        for (var repetition = 0; repetition < Steps; repetition++)
        {
            using var cache = new KvCache(engine, decoder.Config, 1, 256);
            var slot = cache.Open();
            var start = Stopwatch.GetTimestamp();
            var next = Next(engine, decoder, cache, slot, Tokens(DecodePrompt));
            prefilling.Add(DecodePrompt / Stopwatch.GetElapsedTime(start).TotalSeconds);
            start = Stopwatch.GetTimestamp();
            for (var i = 0; i < DecodeSteps; i++) next = Next(engine, decoder, cache, slot, [next]);
            decoding.Add(DecodeSteps / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        yield return ("decode_tok_s_med", Math.Round(Median(decoding), 1));
        yield return ("decode_best", Math.Round(decoding.Max(), 1));
        yield return ("prefill64_tok_s", Math.Round(Median(prefilling), 1));
    }

    private IEnumerable<(string, object)> Prefill(IEngine engine, Decoder decoder)
    {
        decoder.Prepack();
        var rates = new List<double>();
        for (var repetition = 0; repetition < Steps; repetition++)
        {
            using var cache = new KvCache(engine, decoder.Config, 1, PrefillLength);
            var start = Stopwatch.GetTimestamp();
            Next(engine, decoder, cache, cache.Open(), Tokens(PrefillLength));
            rates.Add(PrefillLength / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        yield return ("prefill512_tok_s", Math.Round(Median(rates), 1));
        yield return ("prefill512_best", Math.Round(rates.Max(), 1));
    }

    private static int Next(IEngine engine, Decoder decoder, KvCache cache, int slot, int[] tokens)
    {
        using var logits = decoder.Append(cache, [new CacheAppend(slot, tokens)]);
        var (values, best) = (engine.ToFloats(logits), 0);
        for (var i = 1; i < values.Length; i++)
            if (values[i] > values[best]) best = i;
        return best;
    }

    private PackedBatch Batch() => new(Tokens(Length * Texts), [.. Enumerable.Repeat(Length, Texts)]) { Supervised = [.. Enumerable.Repeat(true, Length * Texts)] };

    private int[] Tokens(int count) => [.. Enumerable.Range(0, count).Select(i => (int)Philox.Below(new RandomKey(1, 2), i, Shapes[Shape][0]))];

    private ModelConfig Config()
    {
        var s = Shapes[Shape];
        return new ModelConfig
        {
            VocabularySize = s[0],
            HiddenSize = s[1],
            Layers = s[2],
            Heads = s[3],
            KeyValueHeads = s[4],
            HeadSize = s[1] / s[3],
            IntermediateSize = s[5],
            TieWordEmbeddings = true,
            NormEpsilon = 1e-5,
        };
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    /// <summary>VmHWM of this process in MB (Linux); elsewhere the peak working set.</summary>
    private static long PeakMemory()
    {
        using var process = Process.GetCurrentProcess();
        return File.Exists("/proc/self/status")
            ? long.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) / 1024
            : process.PeakWorkingSet64 >> 20;
    }
}
