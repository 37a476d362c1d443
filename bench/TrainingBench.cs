using Temper.Models;
using Temper.Tensors;

namespace Temper.Bench;

/// <summary>Training steps (forward, backward, AdamW) of all weights, or of LoRA adapters of rank 8 on every linear layer.</summary>
internal static class TrainingBench
{
    private const int Rank = 8;

    public static Dictionary<string, object> Run(Arguments arguments)
    {
        arguments.Allow("--dtype", "--steps", "--save-weights", "--profile", "--matrix");
        var (shape, mode) = (BenchModel.Of(arguments.Words[0]), arguments.Words[1]);
        var (form, clock) = (Form(mode, arguments.DType), arguments.Has("--profile") ? new OperationClock() : null);
        using var engine = CpuEngine.Create(arguments.Threads, clock: clock, matrix: arguments.Matrix(form == WeightForm.BF16 ? MatrixPath.Bf16 : MatrixPath.Exact));
        using var decoder = Decoder.Create(engine, shape.Config(), 1, _ => mode == "full", form);
        if (arguments.Text("--save-weights") is { } file) shape.Save(engine, decoder, file);
        var fields = new Dictionary<string, object>
        {
            ["cfg"] = shape.Name,
            ["mode"] = mode,
            ["dtype"] = form.Name(),
            ["params"] = decoder.Weights.Sum(w => w.Tensor.Count),
        };
        Train(engine, decoder, shape, mode == "qlora" ? Recomputation.FeedForward : Recomputation.Nothing, arguments.Steps, fields, clock);
        return fields.WithEngine(engine);
    }

    /// <summary>The form of weights that are not trained.</summary>
    private static WeightForm Form(string mode, string? dtype) => (mode, dtype) switch
    {
        ("qlora", null or "nf4") => WeightForm.NF4,
        ("qlora", "int8") => WeightForm.Int8,
        ("lora", "bf16") => WeightForm.BF16,
        ("full" or "lora", null or "fp32") => WeightForm.Real,
        ("qlora", _) => throw new UsageException($"qlora --dtype {dtype}: it keeps frozen weights in nf4 or int8."),
        ("full", _) => throw new UsageException($"full --dtype {dtype}: weights that are trained are kept in fp32; lora keeps frozen ones in bf16 too."),
        _ => throw new UsageException($"{mode} --dtype {dtype}: it keeps frozen weights in fp32 or bf16; qlora in nf4 or int8."),
    };

    private static void Train(IEngine engine, Decoder decoder, BenchModel shape, Recomputation recompute, int steps, Dictionary<string, object> fields, OperationClock? clock)
    {
        var lora = (string)fields["mode"] != "full";
        using var adapter = lora ? LoraAdapter.Create(decoder, new LoraConfig { Rank = Rank, Alpha = 2 * Rank, TargetModules = ["all-linear"] }, 1) : null;
        Tensor[] trained = adapter is null ? [.. decoder.Weights.Select(w => w.Tensor)] : [.. adapter.Weights.Select(w => w.Tensor)];
        using var optimizer = engine.AdamW([new ParameterGroup(trained)], new AdamWOptions());
        var (batch, options, losses) = (shape.Batch(), new ForwardOptions { Adapter = adapter, Recompute = recompute }, new List<double>());
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

        var times = Report.Times(steps, Step, started: () => clock?.Reset());
        if (clock is not null) fields["profile"] = Profile.Of(clock, times.Sum());
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        Step();
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        double tokens = shape.Length * shape.Texts;
        fields["recompute"] = recompute.ToString().ToLowerInvariant();
        fields["train_params"] = trained.Sum(t => t.Count);
        fields["tok_s_med"] = Math.Round(tokens / Report.Median(times), 1);
        fields["tok_s_best"] = Math.Round(tokens / times.Min(), 1);
        fields["step_s"] = Math.Round(Report.Median(times), 4);
        fields["loss0"] = Math.Round(losses[0], 4);
        fields["loss1"] = Math.Round(losses[1], 4);
        fields["managed_bytes_step"] = allocated;
    }
}
