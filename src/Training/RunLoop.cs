using System.Threading.Channels;
using Temper.Core.Errors;
using Temper.Tensors;
using Temper.Training.Checkpoints;
using Temper.Training.Objectives;
using Temper.Training.Planning;
using Temper.Training.Ranks;
using Temper.Training.Recipes;

namespace Temper.Training;

/// <summary>One run, from its newest checkpoint to its end.</summary>
internal sealed class RunLoop : IDisposable
{
    private readonly TrainRun _run;
    private readonly RunControl _control;
    private readonly ChannelWriter<TrainEvent> _events;
    private readonly TimeProvider _clock;
    private readonly Batches _batches;
    private readonly UpdatePlan _plan;
    private readonly TrainedWeights _weights;
    private readonly IOptimizer _optimizer;
    private readonly Checkpointing _checkpoints;
    private readonly TimeLeft _left;
    private RunState _state;
    private Guard _guard;
    private BestStep _best;
    private Feed _feed;

    public RunLoop(TrainRun run, RunControl control, ChannelWriter<TrainEvent> events, TimeProvider clock)
    {
        (_run, _control, _events, _clock) = (run, control, events, clock);
        RunChecks.Examples(run);
        _batches = new Batches(run.Train, run.Recipe, run.Parts, run.Objective.Lay);
        _plan = _batches.Plan;
        _weights = new TrainedWeights(run.Objective);
        RunChecks.Memory(run, _weights);
        _optimizer = _weights.Optimizer(run.Recipe);
        _checkpoints = new Checkpointing(run, _weights, _optimizer, events, clock);
        (_state, _guard, _best, _feed) = Standing(new RunState(_checkpoints.Resume(), clock));
        if (_state.From is { } from && from.Step >= _plan.TotalSteps)
            throw new TemperException([new Problem("resume_mismatch", $"The checkpoint of {from.Job} is at step {from.Step}, and this run ends at step {_plan.TotalSteps}.") { Path = "resume_from_checkpoint", Hint = "Raise num_train_epochs or max_steps." }]);
        _left = new TimeLeft(clock, _plan.TotalSteps);
    }

    private TrainingSettings Settings => _run.Recipe.Training;

    public TrainOutcome Run()
    {
        _events.TryWrite(new TrainEvent.Planned(_state.Step, _plan.TotalSteps, _run.Train.Sum(e => (long)e.Tokens.Length), _run.Train.Sum(e => (long)e.SupervisedCount),
            _run.Train.Count, _run.HeldOut.Count, _weights.Count, _state.Log));
        if (!Meet())
            return Stop();
        while (_state.Step < _plan.TotalSteps && !_best.Enough)
            if (PausesHere() || _feed.Take(_control) is not { } update || !Learn(update))
                return Stop();
        return Finish();
    }

    /// <summary>Waits for the processes that share the run; false when it is to stop before they are there.</summary>
    private bool Meet()
    {
        try
        {
            _run.Crew?.Meet(_run.Objective, HelloFrame.Of(_run.Objective, _run.Recipe, _run.Identity.CodeVersion), _control.Token);
            return true;
        }
        catch (OperationCanceledException) when (_control.Stopping)
        {
            return false;
        }
    }

    public void Dispose()
    {
        _run.Crew?.Dispose();
        _feed.Dispose();
        _optimizer.Dispose();
    }

    /// <summary>Whether this is the step to pause at. The step alone decides, so an attempt that begins here pauses again.</summary>
    private bool PausesHere()
    {
        if (!(_state.Step >= _control.PauseAt))
            return false;
        _control.Ask(StopReason.Paused);
        return true;
    }

    /// <summary>One update; false when it is to stop before it was made.</summary>
    private bool Learn(Update update)
    {
        var began = _clock.GetTimestamp();
        if (Descend(update) is not { } sums)
            return false;
        var (norm, rate) = (_optimizer.ClipNorm(Settings.MaxGradNorm), _plan.LearningRate(_state.Step));
        var verdict = _guard.Judge(_state.Step + 1, sums.Loss / update.Units, norm, update, () => Culprits.Find(_run, update, _state.Step, _optimizer));
        if (verdict == Verdict.GoBack && GoBack())
            return true;
        if (verdict != Verdict.Dropped)
        {
            _optimizer.Step(rate);
            _run.Crew?.WeightsChanged();
        }
        _optimizer.ZeroGrad();
        Note(update, verdict == Verdict.Dropped ? StepValues.Dropped(_run.Objective.Names, update, rate) : StepValues.Of(_run.Objective.Names, update, sums, norm, rate, _clock.GetElapsedTime(began)));
        return true;
    }

    /// <summary>Sums gradients over the micro-batches; null when it is to stop.</summary>
    private LossSums? Descend(Update update)
    {
        if (_run.Crew is { } crew)
            return crew.Descend(update, (ulong)_run.Recipe.Seed, _state.Step, _control);
        var (objective, engine) = (_run.Objective, _run.Objective.Engine);
        var sums = new LossSums();
        foreach (var micro in update.MicroBatches)
        {
            if (_control.Stopping)
                return null;
            using var scope = engine.BeginScope();
            var loss = objective.Loss(micro, new LossPass((ulong)_run.Recipe.Seed, _state.Step, micro.Index));
            engine.Backward(loss.Sum, 1.0 / update.Units);
            sums.Add(LossValues.Of(engine, loss));
        }
        return sums;
    }

    /// <summary>What follows an update: measurement, log, limits, checkpoint.</summary>
    private void Note(Update update, SortedDictionary<string, double> metrics)
    {
        var due = _plan.EvaluateAfter(_state.Step + 1);
        var measured = due && (_run.Crew is { } crew ? Evaluation.Of(_run, crew) : Evaluation.Of(_run)).AddTo(metrics);
        if (due && !measured && _run.HeldOut.Count > 0)
            _events.TryWrite(new TrainEvent.Said("warn", FormattableString.Invariant($"After step {_state.Step + 1} the loss of the held-out examples is not finite; it is not kept.")));
        TrainingTelemetry.Consumed(update, _batches.Parts);
        foreach (var note in update.Substitutions)
            _events.TryWrite(new TrainEvent.Said("warn", $"Step {note.Step}: {note.Record} of '{note.Dataset}' cannot be read ({note.Code}); record {note.By.Short} stands in for it."));
        var step = _state.Advance(metrics, update);
        _events.TryWrite(new TrainEvent.StepDone(step) { Left = _left.After(step.Step), Elapsed = _state.Elapsed });
        var better = measured && _best.Observe(step);
        if (measured)
            _events.TryWrite(new TrainEvent.Measured(step.Step, metrics, better));
        RunChecks.Limits(_run.Recipe.Limits, _state, _run.Objective.Engine.Memory().PeakBytes + (_run.Crew?.PeakBytes ?? 0));
        if (_plan.SaveAfter(step.Step) || (better && Settings.LoadBestModelAtEnd) || (_best.Enough && Settings.SaveStrategy != Cadence.No))
            _checkpoints.Begin(_state.Progress, Kept());
    }

    /// <summary>Steps whose checkpoints stay whatever their number: the best, and the one that a spike would lead back to.</summary>
    private IEnumerable<int> Kept()
    {
        if (Settings.LoadBestModelAtEnd && _best.Step is { } best)
            yield return best;
        if (Settings.OnSpike == SpikePolicy.Rollback && LastPlanned() is { } last)
            yield return last;
    }

    /// <summary>The last step that a checkpoint is planned after. One that was only written because the host went down does not count: the run must not depend on that.</summary>
    private int? LastPlanned() => Enumerable.Range(0, _state.Step).Select(i => _state.Step - i).Where(_plan.SaveAfter).Select(step => (int?)step).FirstOrDefault();

    /// <summary>To the last checkpoint, and on from there in another order; false when there is none.</summary>
    private bool GoBack()
    {
        if (LastPlanned() is not { } target || _checkpoints.Return(target) is not { } progress)
        {
            _events.TryWrite(new TrainEvent.Said("warn", $"Step {_state.Step + 1}: there is no checkpoint to go back to, so the run goes on."));
            return false;
        }
        var from = _state.Step + 1;
        _optimizer.ZeroGrad();
        _run.Crew?.WeightsChanged();
        _feed.Dispose();
        (_state, _guard, _best, _feed) = Standing(_state.BackAt(progress));
        _events.TryWrite(new TrainEvent.WentBack(from, target, _state.TimesBack));
        return true;
    }

    private (RunState, Guard, BestStep, Feed) Standing(RunState state) =>
        (state, new Guard(_run, _events, state.Log, state.TimesBack), new BestStep(Settings, state.Log), _batches.Read(state.Step, state.Data, state.TimesBack));

    private TrainOutcome.Completed Finish()
    {
        _checkpoints.Settle();
        if (_best.Enough)
            _events.TryWrite(new TrainEvent.Said("info", FormattableString.Invariant($"Stopped after step {_state.Step}: {_best.Metric} was not better in the last {_best.Waited} measurements; the best is {_best.Value:G6} at step {_best.Step}.")));
        var result = Settings.LoadBestModelAtEnd && _best.Step is { } best ? best : _state.Step;
        if (result != _state.Step)
            _checkpoints.Take(result);
        return new(_state.Step, _state.Log) { Substituted = _state.Substituted, ResultStep = result, From = _state.From };
    }

    /// <summary>Half an update is forgotten: the run stands where the last whole one left it, and a checkpoint says so unless it was cancelled or lost.</summary>
    private TrainOutcome.Stopped Stop()
    {
        _optimizer.ZeroGrad();
        if (_control.Reason is StopReason.HandedBack or StopReason.Paused && _state.Step > 0)
            _checkpoints.Begin(_state.Progress, Kept(), last: true);
        if (_control.Reason != StopReason.LeaseLost)
            _checkpoints.Settle();
        return new(_control.Reason, _state.Step, _state.Log);
    }
}
