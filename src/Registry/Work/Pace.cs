using Temper.Core.Work;

namespace Temper.Registry.Work;

/// <summary>How far a job is and when it will end. Shares are fixed: up to 0.02 data are checked, up to 0.98 it trains, then the result is verified and published.</summary>
internal static class Pace
{
    /// <summary>Share of the newest step in the moving mean of the time that a step takes.</summary>
    private const double Newest = 0.1;
    private const double Checked = 0.02;
    private const double Training = 0.96;
    private const double Most = 0.999;

    /// <summary>The row after a report of its steps. Progress never falls: an attempt that begins again from a checkpoint catches up first.</summary>
    public static WorkRow Told(WorkRow row, long step, long total, long now)
    {
        var next = row with { Step = step, TotalSteps = total };
        if (row.Kind == WorkKind.Train && total > 0)
            next = next with { Progress = Math.Max(row.Progress, Math.Min(Most, Checked + (Training * step / total))) };
        // The first report of an attempt only starts the watch: what lies before it is loading, or a pause.
        if (row.StepAtMs is not { } before || step < row.Step)
            return next with { StepAtMs = now, FinishMs = null };
        if (step == row.Step)
            return next;
        var (done, each) = (step - row.Step, (now - before) / (double)(step - row.Step));
        var weight = row.StepMs is null ? 1 : 1 - Math.Pow(1 - Newest, done);
        var mean = (row.StepMs ?? 0) + (weight * (each - (row.StepMs ?? 0)));
        return next with { StepMs = mean, StepAtMs = now, FinishMs = now + (long)(mean * Math.Max(0, total - step)) };
    }
}
