using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Threading.Channels;
using Temper.Storage.Blobs;
using Temper.Tensors;
using Temper.Training;
using Temper.Training.Checkpoints;
using Temper.Training.Objectives;
using Temper.Training.Planning;
using Temper.Training.Tasks;

namespace Temper.Bench;

/// <summary>What a job does, in this process and without a server. Rates are supervised tokens a second.</summary>
internal static class TrainingRuns
{
    /// <summary>Nothing but forward, backward, clipping and AdamW, on batches that lie ready.</summary>
    public static double BareRate(JobWorld world, IReadOnlyList<TrainExample> examples, int threads, int from)
    {
        var recipe = world.Recipe;
        using var engine = CpuEngine.Create(threads, matrix: recipe.Training.Bf16 ? MatrixPath.Bf16 : MatrixPath.Exact);
        using var task = new CausalTask(new(recipe, world.Base, ""));
        var objective = task.Start(engine, new(examples, [], [], []));
        var batches = new Batches(examples, recipe, null, objective.Lay);
        var updates = Enumerable.Range(0, batches.Plan.TotalSteps).Select(batches.Update).ToArray();
        using var optimizer = new TrainedWeights(objective).Optimizer(recipe);
        var began = 0L;
        for (var step = 0; step < updates.Length; step++)
        {
            var update = updates[step];
            if (step == from)
                began = Stopwatch.GetTimestamp();
            foreach (var micro in update.MicroBatches)
            {
                using var scope = engine.BeginScope();
                var loss = objective.Loss(micro, new LossPass((ulong)recipe.Seed, step, micro.Index));
                engine.Backward(loss.Sum, 1.0 / update.Units);
            }
            optimizer.ClipNorm(recipe.Training.MaxGradNorm);
            optimizer.Step(batches.Plan.LearningRate(step));
            optimizer.ZeroGrad();
        }
        return updates.Skip(from).Sum(u => u.Units) / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>The loop with its batches made ahead, its metrics and its checkpoints on a folder; and what the loop waited for, in milliseconds.</summary>
    public static (double Rate, List<double> Stalls) Loop(JobWorld world, IReadOnlyList<TrainExample> examples, int threads, int from, string place)
    {
        var (recipe, stalls) = (world.Recipe, new List<double>());
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, own) =>
            {
                if (instrument.Name == "temper.training.checkpoint.stall")
                    own.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((_, seconds, _, _) => stalls.Add(seconds * 1000));
        listener.Start();
        using var engine = CpuEngine.Create(threads, matrix: recipe.Training.Bf16 ? MatrixPath.Bf16 : MatrixPath.Exact);
        using var task = new CausalTask(new(recipe, world.Base, ""));
        var store = new CheckpointStore(BlobStores.Open(world.Place(place), TimeProvider.System), "runs/job/1/checkpoints", "runs/job/", world.Place(place + "-scratch"));
        var run = new TrainRun { Recipe = recipe, Objective = task.Start(engine, new(examples, [], [], [])), Train = examples, Checkpoints = store };
        var channel = Channel.CreateUnbounded<TrainEvent>();
        new Trainer(TimeProvider.System).Run(run, new RunControl(), channel.Writer);
        return (Rate(world.Place(place), "runs/job/", from), stalls);
    }

    /// <summary>Supervised tokens a second between the checkpoint of step <paramref name="from"/> and the last one, by what the run's checkpoints say of time and steps.</summary>
    public static double Rate(string store, string run, int from)
    {
        var states = CheckpointTimes.ReadAllAsync(BlobStores.Open(store, TimeProvider.System), run).GetAwaiter().GetResult();
        var first = states.FirstOrDefault(state => state.Step == from) ?? throw new PeerException($"{run} has no checkpoint of step {from}.");
        return states[^1].UnitsAfter(from) / (states[^1].Seconds - first.Seconds);
    }
}
