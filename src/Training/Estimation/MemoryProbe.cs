using Temper.Core.Errors;
using Temper.Tensors;
using Temper.Training.Checkpoints;
using Temper.Training.Objectives;
using Temper.Training.Planning;
using Temper.Training.Recipes;

namespace Temper.Training.Estimation;

/// <summary>
/// How much memory a run needs, by trying its largest micro-batch: forward, backward and, where gradients are summed over several, once more. No weight
/// changes. The engine's peak only ever grows, so what needs less is tried first.
/// </summary>
internal sealed class MemoryProbe(TrainRun run)
{
    private const double GiB = 1L << 30;
    private const int MostSteps = 2000;
    private readonly IEngine _engine = run.Objective.Engine;
    private readonly int _processes = run.Recipe.Training.DataParallelSize ?? 1;
    private double? _limit;
    private int _last;

    /// <summary>The estimate; gradients of the trial are dropped.</summary>
    public MemoryEstimate Measure()
    {
        var weights = new TrainedWeights(run.Objective);
        var loaded = _engine.Memory().LiveBytes;
        using var optimizer = weights.Optimizer(run.Recipe);
        var ready = _engine.Memory().LiveBytes;
        // Of what all processes may hold, the share of one, with the optimizer that only the first one has.
        _limit = (run.Recipe.Limits.MemoryGib * GiB + (_processes - 1) * (ready - loaded)) / _processes;
        var largest = Largest(run.Recipe);
        var tried = new List<(string Change, long Peak, string Cost)>();
        if (_limit is not null)
            Smaller(largest, optimizer, tried);
        var guess = tried.Where(t => t.Cost == Slower).Select(t => ready + 2 * (t.Peak - ready)).FirstOrDefault();
        var fits = _limit is not { } limit || guess <= 2 * limit;
        var gradients = fits ? Try(run.Objective, largest, optimizer) : 4 * weights.Count;
        var peak = fits ? _engine.Memory().PeakBytes : guess;
        var trained = 4 * weights.Count;
        var adapter = run.Objective.AdapterConfig is null ? 0 : trained;
        var besides = Math.Max(0, peak - ready - gradients);
        var logits = Math.Min(besides, Logits(largest));
        return new MemoryEstimate(loaded - adapter, adapter, ready - loaded, gradients, besides - logits, logits, peak)
        {
            LargestBatch = largest.Batch.Tokens.Length,
            Measured = fits,
            Remedies = _limit is { } most && peak > most ? Remedies(tried, peak, ready, trained) : [],
        }.Times(_processes, run.Recipe.Limits.MemoryGib * GiB);
    }

    private const string Slower = "the same numbers, more micro-batches in a step";

    /// <summary>Scores of as many labels at once as the engine's head takes: 2²⁴ numbers, 24 to 1020 rows.</summary>
    private long Logits(MicroBatch micro) => run.Objective is CausalObjective { Model.Config.VocabularySize: var words }
        ? 4L * words * Math.Min(micro.Units, Math.Clamp((1 << 24) / words / 12 * 12, 24, 1020)) : 0;

    /// <summary>What is smaller, from the smallest on.</summary>
    private void Smaller(MicroBatch largest, IOptimizer optimizer, List<(string, long, string)> tried)
    {
        if (run.Objective is CausalObjective causal && !run.Recipe.Training.GradientCheckpointing)
        {
            Try(new CausalObjective(causal.Model, causal.Adapter, run.Recipe with { Training = run.Recipe.Training with { GradientCheckpointing = true } }), largest, optimizer);
            tried.Add(("training: {gradient_checkpointing: true}", _engine.Memory().PeakBytes, "the same bits, a third more time"));
        }
        if (run.Recipe.Training is { PerDeviceTrainBatchSize: > 1 and var rows, GradientAccumulationSteps: var times } training)
        {
            var less = run.Recipe with { Training = training with { PerDeviceTrainBatchSize = rows / 2, GradientAccumulationSteps = times * 2 } };
            Try(run.Objective, Largest(less), optimizer);
            tried.Add((FormattableString.Invariant($"training: {{per_device_train_batch_size: {rows / 2}, gradient_accumulation_steps: {times * 2}}}"), _engine.Memory().PeakBytes, Slower));
        }
    }

    private List<MemoryRemedy> Remedies(List<(string Change, long Peak, string Cost)> tried, long peak, long ready, long trained)
    {
        var all = tried.Select(t => new MemoryRemedy(t.Change, Math.Min(t.Peak, peak), t.Cost)).ToList();
        var (recipe, frozen) = (run.Recipe, run.Objective.FrozenBytes);
        if (recipe is { Lora: not null, Training.Bf16: false, Quantization: null })
            all.Add(new("training: {bf16: true}", peak - (long)(frozen / 2), "frozen weights rounded to bf16"));
        if (recipe.Lora is null)
            all.Add(new("lora: {r: 16}", peak - 3 * trained, "an adapter instead of all weights"));
        if (recipe.Data.MaxLength >= 16)
            all.Add(new(FormattableString.Invariant($"data: {{max_length: {recipe.Data.MaxLength / 2}}}"), ready + (peak - ready) / 2, "longer examples are cut or left out"));
        return [.. all.Where(r => r.Peak < peak).OrderBy(r => r.Peak <= _limit ? 0 : 1).Take(3)];
    }

    /// <summary>Forward and backward; twice where gradients of one micro-batch meet those of the next.</summary>
    /// <returns>Bytes of the gradients.</returns>
    private long Try(IObjective objective, MicroBatch micro, IOptimizer optimizer)
    {
        var before = _engine.Memory().LiveBytes;
        for (var pass = 0; pass < Math.Min(2, run.Recipe.Training.GradientAccumulationSteps); pass++)
        {
            using var scope = _engine.BeginScope();
            _engine.Backward(objective.Loss(micro, new LossPass((ulong)run.Recipe.Seed, _last, pass)).Sum, 1.0 / Math.Max(1, micro.Units));
        }
        var gradients = _engine.Memory().LiveBytes - before;
        optimizer.ClipNorm(run.Recipe.Training.MaxGradNorm);
        optimizer.ZeroGrad();
        return gradients;
    }

    /// <summary>The micro-batch with the most tokens among those of the first steps.</summary>
    private MicroBatch Largest(Recipe recipe)
    {
        var batches = new Batches(run.Train, recipe, run.Parts, run.Objective.Lay);
        _last = batches.Plan.TotalSteps - 1; // By then, whatever was frozen at first is trained.
        return Enumerable.Range(0, Math.Min(MostSteps, batches.Plan.TotalSteps)).SelectMany(step => batches.Update(step).MicroBatches).MaxBy(micro => micro.Batch.Tokens.Length)
            ?? throw new TemperException("training_data_empty", "There is no example to train on.");
    }
}
