using Temper.Models;
using Temper.Tensors;

namespace Temper.Bench;

/// <summary>Training steps (forward, backward, AdamW) of all weights, or of LoRA adapters of rank 8 on every linear layer.</summary>
internal static class TrainingBench
{
    private const int Rank = 8;

    public static Dictionary<string, object> Run(Arguments arguments)
    {
        arguments.Allow("--dtype", "--steps", "--save-weights");
        var (shape, mode) = (BenchModel.Of(arguments.Words[0]), arguments.Words[1]);
        if (mode == "qlora") throw new UsageException($"qlora: this engine trains no adapters on quantised weights yet; there are full and lora.");
        if (arguments.DType != "fp32") throw new UsageException($"{mode} --dtype {arguments.DType}: this engine trains in fp32 only.");
        using var engine = CpuEngine.Create(arguments.Threads);
        using var decoder = Decoder.Create(engine, shape.Config(), 1, _ => mode == "full");
        if (arguments.Text("--save-weights") is { } file) shape.Save(engine, decoder, file);
        var fields = new Dictionary<string, object>
        {
            ["cfg"] = shape.Name,
            ["mode"] = mode,
            ["dtype"] = arguments.DType,
            ["params"] = decoder.Weights.Sum(w => w.Tensor.Count),
        };
        Train(engine, decoder, shape, mode == "lora", arguments.Steps, fields);
        return fields.WithEngine(engine);
    }

    private static void Train(IEngine engine, Decoder decoder, BenchModel shape, bool lora, int steps, Dictionary<string, object> fields)
    {
        using var adapter = lora ? LoraAdapter.Create(decoder, new LoraConfig { Rank = Rank, Alpha = 2 * Rank, TargetModules = ["all-linear"] }, 1) : null;
        Tensor[] trained = adapter is null ? [.. decoder.Weights.Select(w => w.Tensor)] : [.. adapter.Weights.Select(w => w.Tensor)];
        using var optimizer = engine.AdamW([new ParameterGroup(trained)], new AdamWOptions());
        var (batch, options, losses) = (shape.Batch(), new ForwardOptions { Adapter = adapter }, new List<double>());
        var labels = batch.LabelCount;
        void Step()
        {
            using var scope = engine.BeginScope();
            var loss = decoder.Loss(batch, options);
            engine.Backward(loss.Sum, 1.0 / labels);
            optimizer.Step(1e-4);
            optimizer.ZeroGrad();
            losses.Add(engine.ScalarOf(loss.Sum) / labels);
        }

        var times = Report.Times(steps, Step);
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        Step();
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        double tokens = shape.Length * shape.Texts;
        fields["train_params"] = trained.Sum(t => t.Count);
        fields["tok_s_med"] = Math.Round(tokens / Report.Median(times), 1);
        fields["tok_s_best"] = Math.Round(tokens / times.Min(), 1);
        fields["step_s"] = Math.Round(Report.Median(times), 4);
        fields["loss0"] = Math.Round(losses[0], 4);
        fields["loss1"] = Math.Round(losses[1], 4);
        fields["managed_bytes_step"] = allocated;
    }
}
