using Temper.Training.Checkpoints;
using Temper.Training.Objectives;
using Temper.Training.Planning;

namespace Temper.Training.Estimation;

/// <summary>How long a run takes, from a few updates made for trial with a learning rate of 0. The first one is not timed.</summary>
internal sealed class TimeProbe(TrainRun run, TimeProvider clock)
{
    private const int Least = 2, Most = 8, MostPlanned = 2000;
    private const double EnoughSeconds = 2, EvaluationShare = 1.0 / 3;

    public TimeEstimate Measure(Batches batches)
    {
        var (objective, engine) = (run.Objective, run.Objective.Engine);
        using var optimizer = new TrainedWeights(objective).Optimizer(run.Recipe);
        var (rates, seconds, tokens) = (new List<double>(), 0.0, 0L);
        for (var trial = 0; trial <= Most && (trial <= Least || seconds < EnoughSeconds); trial++)
        {
            var (step, began) = (trial % batches.Plan.TotalSteps, clock.GetTimestamp());
            var update = batches.Update(step);
            foreach (var micro in update.MicroBatches)
            {
                using var scope = engine.BeginScope();
                var loss = objective.Loss(micro, new LossPass((ulong)run.Recipe.Seed, step, micro.Index));
                engine.Backward(loss.Sum, 1.0 / Math.Max(1, update.Units));
                engine.ScalarOf(loss.Sum);
            }
            optimizer.ClipNorm(run.Recipe.Training.MaxGradNorm);
            optimizer.Step(0);
            optimizer.ZeroGrad();
            engine.Synchronize();
            if (trial == 0)
                continue;
            var took = clock.GetElapsedTime(began).TotalSeconds * Share(update);
            (seconds, tokens) = (seconds + took, tokens + Work(update));
            rates.Add(took / Math.Max(1, Work(update)));
        }
        var all = Tokens(batches) + EvaluationShare * Evaluations(batches.Plan) * run.HeldOut.Sum(e => (double)Math.Max(1, e.Tokens.Length));
        var mean = seconds / Math.Max(1, tokens);
        return new(all * rates.Min() * 0.9, all * mean, all * rates.Max() * 1.1, mean > 0 ? 1 / mean : 0, rates.Count);
    }

    /// <summary>What a step takes of that time when several processes share its micro-batches: that of the rank that has the most of them. A rank's pass follows the one
    /// before it a block behind, which is left out, as is the exchange.</summary>
    private double Share(Update update)
    {
        var (micros, processes) = (update.MicroBatches.Count, run.Recipe.Training.DataParallelSize ?? 1);
        return (micros + processes - 1) / processes / (double)Math.Max(1, micros);
    }

    /// <summary>What time is in proportion to: tokens, or units where a task reads no text.</summary>
    private static long Work(Update update) => update.Tokens > 0 ? update.Tokens : update.Units;

    /// <summary>Tokens of the whole run: those of its steps, or of the first ones and as many more as there are steps.</summary>
    private static double Tokens(Batches batches)
    {
        var counted = Math.Min(MostPlanned, batches.Plan.TotalSteps);
        return Enumerable.Range(0, counted).Sum(step => (double)Work(batches.Update(step))) / counted * batches.Plan.TotalSteps;
    }

    private static int Evaluations(UpdatePlan plan) => Enumerable.Range(1, plan.TotalSteps).Count(plan.EvaluateAfter);
}
