using System.Threading.Channels;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Training.Data;

namespace Temper.Training.Jobs;

/// <summary>Sends what a run tells to the registry, about twice a second. A registry that is away makes reports wait, not the run.</summary>
internal sealed class JobReporter(RegistryClient registry, LeaseKeeper lease, int logEvery, TimeProvider clock)
{
    private const int MostRefusals = 3;
    private const int MostPoints = 500;
    private const int MostNamed = 8;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(450);
    private readonly List<StepMetrics> _points = [];
    private readonly List<WorkMessage> _lines = [];
    private int _step, _total, _refused;
    private TimeSpan _elapsed;

    /// <summary>What is trained on, so that records are named by file and line; empty until it is read.</summary>
    public IReadOnlyList<DataPart> Parts { get; set; } = [];

    /// <summary>Reports until the channel is complete and all of it is sent. Never throws for want of a registry: the lease tells.</summary>
    public async Task RunAsync(ChannelReader<TrainEvent> events)
    {
        while (await events.WaitToReadAsync().ConfigureAwait(false))
        {
            while (_points.Count < MostPoints && events.TryRead(out var happened))
                Take(happened);
            Weigh();
            await SendAsync().ConfigureAwait(false);
            if (!events.Completion.IsCompleted)
                await Task.WhenAny(events.Completion, Task.Delay(Pause, clock)).ConfigureAwait(false);
        }
        await SendAsync().ConfigureAwait(false);
    }

    private void Take(TrainEvent happened)
    {
        switch (happened)
        {
            case TrainEvent.Planned plan:
                (_step, _total) = (plan.FirstStep, plan.TotalSteps);
                _points.AddRange(plan.Earlier);
                Say("info", FormattableString.Invariant($"{plan.TotalSteps} steps over {plan.TrainExamples} examples ({plan.TrainTokens} tokens, {plan.SupervisedTokens} supervised), {plan.EvalExamples} held out; {plan.TrainableParameters} parameters are trained."));
                if (plan.FirstStep > 0)
                    Say("info", FormattableString.Invariant($"Going on from the checkpoint of step {plan.FirstStep}."));
                break;
            case TrainEvent.StepDone done:
                (_step, _elapsed) = (done.Metrics.Step, done.Elapsed);
                _points.Add(done.Metrics);
                lease.Progress(0.02 + 0.96 * _step / Math.Max(1, _total), "train");
                if ((_step % logEvery == 0 || _step == _total) && done.Metrics.Values.TryGetValue("loss", out var loss))
                    _lines.Add(new("info", FormattableString.Invariant($"step {_step}/{_total}: loss {loss:F4}{(_step < _total ? $"; about {Spelled(done.Left)} left" : "")}")) { Step = _step });
                break;
            case TrainEvent.Measured measured:
                _lines.Add(new("info", $"step {measured.Step}/{_total}: {string.Join(", ", measured.Values.Where(v => v.Key.StartsWith("eval_", StringComparison.Ordinal)).Select(v => FormattableString.Invariant($"{v.Key} {v.Value:G5}")))}{(measured.Best ? "; the best so far" : "")}") { Step = measured.Step });
                break;
            case TrainEvent.Spiked spiked:
                Say("warn", FormattableString.Invariant($"The loss of step {spiked.Step}, {spiked.Loss:G5}, stands out by {spiked.Score:F1} deviations among the last 128; its records: {Named(spiked.Records)}."),
                    new("spike", spiked.Step, spiked.Loss, spiked.Score, Records: Marked(spiked.Records)));
                break;
            case TrainEvent.WentBack back:
                _step = back.Target;
                _points.RemoveAll(point => point.Step > back.Target);
                Say("warn", FormattableString.Invariant($"Step {back.Step} was not made: the run goes on from the checkpoint of step {back.Target} in another order ({back.Times} of 3 times)."),
                    new("rollback", back.Step, Target: back.Target));
                break;
            case TrainEvent.Dropped dropped:
                Say("warn", dropped.Text, new("dropped", dropped.Step, Records: Marked(dropped.Records)));
                break;
            case TrainEvent.Saved saved:
                Say("info", FormattableString.Invariant($"Checkpoint of step {saved.Step} is safe."), new("checkpoint", saved.Step));
                break;
            case TrainEvent.Said said:
                Say(said.Level, said.Text);
                break;
        }
    }

    private static string Spelled(TimeSpan left) => left.TotalHours >= 1 ? FormattableString.Invariant($"{left.TotalHours:F1}h")
        : left.TotalMinutes >= 1 ? FormattableString.Invariant($"{Math.Ceiling(left.TotalMinutes)}m") : FormattableString.Invariant($"{Math.Ceiling(left.TotalSeconds)}s");

    private static string Named(IReadOnlyList<Digest> records) => string.Join(", ", records.Distinct().Take(MostNamed).Select(r => r.Short)) + (records.Distinct().Count() > MostNamed ? ", …" : "");

    private List<MarkedRecord> Marked(IReadOnlyList<Digest> records) => [.. records.Distinct().Take(MostNamed).Select(record =>
        Parts.SelectMany(part => part.Places ?? []).Cast<RecordPlace?>().FirstOrDefault(place => place!.Value.Record == record) is { } place ? new MarkedRecord(record, place.File, place.Line) : new(record, null, null))];

    private void Say(string level, string text, StepMark? mark = null) => _lines.Add(new(level, text) { Mark = mark });

    /// <summary>What costs a look at the clock or at the process is said of the newest step alone, not of each.</summary>
    private void Weigh()
    {
        if (_points.Count > 0 && _points[^1].Step == _step && _elapsed > TimeSpan.Zero)
            _points[^1] = new(_step, new(_points[^1].Values, StringComparer.Ordinal) { ["elapsed_seconds"] = Math.Round(_elapsed.TotalSeconds, 3), ["memory_bytes"] = Environment.WorkingSet });
    }

    private void Forget()
    {
        _points.Clear();
        _lines.Clear();
    }

    private async Task SendAsync()
    {
        try
        {
            if (lease.Lost)
                Forget();
            while (!lease.Lost && (_points.Count > 0 || _lines.Count > 0))
            {
                var report = new WorkReport(lease.Claim.Fence, _step, _total, [.. _points.Take(MostPoints)], [.. _lines]);
                await lease.ObserveAsync(await registry.Work.ReportAsync(lease.Claim.Id, report, CancellationToken.None).ConfigureAwait(false)).ConfigureAwait(false);
                _points.RemoveRange(0, report.Metrics.Count);
                _lines.Clear();
                _refused = 0;
            }
        }
        catch (TemperException e) when (e.Code == "lease_lost")
        {
            await lease.LoseAsync().ConfigureAwait(false);
        }
        catch (TemperException e) when (e.Kind is ErrorKind.Environment)
        {
            // Kept for the next try; the client has been patient already, and the lease decides whether the run goes on.
        }
        catch (TemperException e)
        {
            // A registry that cannot take a report must not end the training that it tells of.
            Console.Error.WriteLine($"{lease.Claim.Id}: a report was refused: {e.Message}");
            if (++_refused % MostRefusals == 0)
                Forget();
        }
    }
}
