using Temper.Training.Recipes;

namespace Temper.Training.Planning;

/// <summary>Learning rate as a share of its peak, per optimizer step. Names and values are those of Hugging Face's schedulers.</summary>
public static class Schedule
{
    /// <summary>
    /// Factor in [0, 1] for the 0-based <paramref name="step"/>. Warm-up rises as step / max(1, warmup), so the first step has 0 when there is one; then
    /// cosine ½(1 + cos(π·p)) with p = (step - warmup) / max(1, total - warmup) (Loshchilov &amp; Hutter 2017, arXiv:1608.03983, without restarts),
    /// linear 1 - p, or 1.
    /// </summary>
    public static double Factor(SchedulerType type, int step, int warmup, int total)
    {
        if (type == SchedulerType.Constant)
            return 1;
        if (step < warmup)
            return (double)step / Math.Max(1, warmup);
        var done = (double)(step - warmup) / Math.Max(1, total - warmup);
        return type switch
        {
            SchedulerType.Cosine => Math.Max(0, 0.5 * (1 + Math.Cos(Math.PI * done))),
            SchedulerType.Linear => Math.Max(0, 1 - done),
            _ => 1,
        };
    }
}
