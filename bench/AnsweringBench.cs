using System.Diagnostics;
using System.Runtime.InteropServices;
using Temper.Models;
using Temper.Tensors;

namespace Temper.Bench;

/// <summary>Decoding one token at a time after a prompt of 64, as a rate and as a share of plain reading in the same process; prefilling a prompt of 512.</summary>
internal static class AnsweringBench
{
    private static readonly Dictionary<string, WeightForm> Forms = new() { ["fp32"] = WeightForm.Real, ["bf16"] = WeightForm.BF16, ["int8"] = WeightForm.Int8, ["nf4"] = WeightForm.NF4 };

    private const int Prompt = 64, Generated = 127, PrefillLength = 512;

    public static Dictionary<string, object> Run(Arguments arguments)
    {
        arguments.Allow("--dtype", "--steps", "--profile", "--matrix");
        var (shape, mode, form) = (BenchModel.Of(arguments.Words[0]), arguments.Words[1], Forms[arguments.DType ?? "fp32"]);
        var clock = arguments.Has("--profile") ? new OperationClock() : null;
        using var engine = CpuEngine.Create(arguments.Threads, clock: clock, matrix: arguments.Matrix(MatrixPath.Exact));
        using var decoder = Decoder.Create(engine, shape.Config(), 1, _ => false, form);
        decoder.Prepack();
        var fields = new Dictionary<string, object>
        {
            ["cfg"] = shape.Name,
            ["mode"] = mode,
            ["dtype"] = form.Name(),
            ["params"] = decoder.Weights.Sum(w => w.Tensor.Count),
        };
        if (mode == "decode") Decode(decoder, shape, arguments, form, fields, clock);
        else Prefill(decoder, shape, arguments.Steps, fields, clock);
        return fields.WithEngine(engine);
    }

    private static void Decode(Decoder decoder, BenchModel shape, Arguments arguments, WeightForm form, Dictionary<string, object> fields, OperationClock? clock)
    {
        var (decoding, prefilling, reading, logits) = (new List<double>(), new List<double>(), new List<double>(), new float[shape.Vocabulary]);
        for (var repetition = 0; repetition <= arguments.Steps; repetition++)
        {
            using var cache = new KvCache(decoder.Engine, decoder.Config, 1, Prompt + Generated + 1);
            var (slot, start, count) = (cache.Open(), Stopwatch.GetTimestamp(), repetition == 0 ? Generated / 4 : Generated);
            var next = Next(decoder, cache, slot, shape.Tokens(Prompt), logits);
            var prefill = Prompt / Stopwatch.GetElapsedTime(start).TotalSeconds;
            clock?.Reset();
            start = Stopwatch.GetTimestamp();
            for (var i = 0; i < count; i++) next = Next(decoder, cache, slot, [next], logits);
            var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            // Memory that other guests of the machine use comes and goes, so it is read between repetitions.
            fields.TryAdd("peak_rss_mb", Report.PeakMemory());
            reading.Add(ReadBandwidth.Measure(arguments.Threads, passes: 3));
            if (repetition == 0) continue;
            if (clock is not null) fields["profile"] = Profile.Of(clock, seconds);
            prefilling.Add(prefill);
            decoding.Add(count / seconds);
        }

        // Every matrix is read once per token; the table as the head's.
        var gigabytes = decoder.Weights.Where(w => w.Tensor.Rank == 2).Sum(w => w.Tensor.Count * form.BytesOf(w.Name)) / 1e9;
        var shares = decoding.Select((rate, i) => rate * gigabytes / ((reading[i] + reading[i + 1]) / 2));
        fields["decode_tok_s_med"] = Math.Round(Report.Median(decoding), 1);
        fields["decode_best"] = Math.Round(decoding.Max(), 1);
        fields["prefill64_tok_s"] = Math.Round(Report.Median(prefilling), 1);
        fields["weight_gb_s"] = Math.Round(Report.Median(decoding) * gigabytes, 1);
        fields["read_gb_s"] = Math.Round(Report.Median(reading), 1);
        fields["share_of_read"] = Math.Round(Report.Median(shares), 3);
    }

    private static void Prefill(Decoder decoder, BenchModel shape, int steps, Dictionary<string, object> fields, OperationClock? clock)
    {
        var (tokens, logits) = (shape.Tokens(PrefillLength), new float[shape.Vocabulary]);
        using var cache = new KvCache(decoder.Engine, decoder.Config, 1, PrefillLength);
        var times = Report.Times(steps, () =>
        {
            var slot = cache.Open();
            Next(decoder, cache, slot, tokens, logits);
            cache.Close(slot);
        }, started: () => clock?.Reset());
        if (clock is not null) fields["profile"] = Profile.Of(clock, times.Sum());
        fields["prefill512_tok_s"] = Math.Round(PrefillLength / Report.Median(times), 1);
        fields["prefill512_best"] = Math.Round(PrefillLength / times.Min(), 1);
    }

    private static int Next(Decoder decoder, KvCache cache, int slot, int[] tokens, float[] logits)
    {
        using var row = decoder.Append(cache, [new CacheAppend(slot, tokens)]);
        decoder.Engine.Download(row, 0, MemoryMarshal.AsBytes(logits.AsSpan()));
        var best = 0;
        for (var i = 1; i < logits.Length; i++)
            if (logits[i] > logits[best]) best = i;
        return best;
    }
}
