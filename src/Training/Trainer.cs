using System.Threading.Channels;
using Temper.Core.Errors;
using Temper.Tensors;
using Temper.Training.Checkpoints;
using Temper.Training.Objectives;
using Temper.Training.Planning;

namespace Temper.Training;

/// <summary>The loop. One instance a run; one thread.</summary>
public sealed class Trainer(TimeProvider clock)
{
    /// <summary>Trains to the end, or until <paramref name="control"/> stops it; continues from the newest usable checkpoint.</summary>
    /// <exception cref="TemperException">Code <c>loss_not_finite</c>, <c>resume_mismatch</c>, <c>deadline_exceeded</c>, <c>out_of_memory_expected</c>, <c>training_data_empty</c>, <c>no_supervised_tokens</c>.</exception>
    public TrainOutcome Run(TrainRun run, RunControl control, ChannelWriter<TrainEvent> events)
    {
        var (objective, engine, settings) = (run.Objective, run.Objective.Engine, run.Recipe.Training);
        RunChecks.Examples(run);
        var batches = new Batches(run.Train, run.Recipe, run.Parts, objective.Lay);
        var plan = batches.Plan;
        var weights = new TrainedWeights(objective);
        RunChecks.Memory(run, weights);
        using var optimizer = weights.Optimizer(settings);
        var checkpoints = new Checkpointing(run.Checkpoints, weights, optimizer, run.Identity, settings.SaveTotalLimit, events);
        var state = new RunState(checkpoints.Resume(), clock);
        var guard = new Guard(settings.OnNan, events, state.DroppedInARow);
        using var feed = batches.Read(state.Step, state.Data);
        events.TryWrite(Planned(run, state.Progress, plan, weights));

        while (state.Step < plan.TotalSteps)
        {
            var (sums, began) = (new LossSums(engine), clock.GetTimestamp());
            if (feed.Take(control) is not { } update)
                return Stop(control, optimizer, checkpoints, state);
            foreach (var micro in update.MicroBatches)
            {
                if (control.Stopping)
                    return Stop(control, optimizer, checkpoints, state);
                using var scope = engine.BeginScope();
                var loss = objective.Loss(micro, new LossPass((ulong)run.Recipe.Seed, state.Step, micro.Index));
                engine.Backward(loss.Sum, 1.0 / update.Units);
                sums.Add(loss);
            }
            var mean = sums.Loss / update.Units;
            var norm = optimizer.ClipNorm(settings.MaxGradNorm);
            var rate = plan.LearningRate(state.Step);
            var accepted = guard.Accept(state.Step + 1, mean, norm, update.MicroBatches);
            if (accepted)
                optimizer.Step(rate);
            optimizer.ZeroGrad();
            var metrics = accepted ? StepValues.Of(objective.Names, update, sums, norm, rate, clock.GetElapsedTime(began)) : StepValues.Dropped(objective.Names, update, rate);
            if (plan.EvaluateAfter(state.Step + 1))
                Evaluation.Of(run).AddTo(metrics);
            Tell(update, batches, events);
            events.TryWrite(new TrainEvent.StepDone(state.Advance(metrics, update)));
            RunChecks.Limits(run.Recipe.Limits, state, engine);
            if (plan.SaveAfter(state.Step))
                checkpoints.Begin(state.Progress);
        }
        checkpoints.Settle();
        return new TrainOutcome.Completed(state.Step, state.Log) { Substituted = state.Substituted };
    }

    /// <summary>Half an update is forgotten: the run stands where the last whole one left it, and a checkpoint says so unless it was cancelled or lost.</summary>
    private static TrainOutcome.Stopped Stop(RunControl control, IOptimizer optimizer, Checkpointing checkpoints, RunState state)
    {
        optimizer.ZeroGrad();
        if (control.Reason is StopReason.HandedBack or StopReason.Paused && state.Step > 0)
            checkpoints.Begin(state.Progress);
        if (control.Reason != StopReason.LeaseLost)
            checkpoints.Settle();
        return new(control.Reason, state.Step, state.Log);
    }

    private static void Tell(Update update, Batches batches, ChannelWriter<TrainEvent> events)
    {
        TrainingTelemetry.Consumed(update, batches.Parts);
        foreach (var note in update.Substitutions)
            events.TryWrite(new TrainEvent.Said("warn", $"Step {note.Step}: {note.Record} of '{note.Dataset}' cannot be read ({note.Code}); record {note.By.Short} stands in for it."));
    }

    private static TrainEvent.Planned Planned(TrainRun run, Progress first, UpdatePlan plan, TrainedWeights weights) => new(first.Step, plan.TotalSteps,
        run.Train.Sum(e => (long)e.Tokens.Length), run.Train.Sum(e => (long)e.SupervisedCount), run.Train.Count, run.HeldOut.Count, weights.Count, first.Log);
}
