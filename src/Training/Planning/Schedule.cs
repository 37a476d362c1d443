using Temper.Training.Factories;
using Temper.Training.Recipes;

namespace Temper.Training.Planning;

/// <summary>What a schedule is given.</summary>
/// <param name="Warmup">Steps that warm up.</param>
/// <param name="Total">Steps of the run.</param>
/// <param name="Peak">Learning rate that factors are shares of.</param>
public sealed record ScheduleShape(int Warmup, int Total, double Peak = 1)
{
    /// <summary>Waves of cosine (default ½: one fall), or restarts of cosine_with_restarts (default 1).</summary>
    public double? Cycles { get; init; }

    /// <summary>Lowest learning rate as a share of the peak (cosine_with_min_lr, default 0).</summary>
    public double? MinShare { get; init; }

    /// <summary>Share of all steps in which wsd falls. Default 0.2.</summary>
    public double DecayShare { get; init; } = 0.2;

    /// <summary>The schedule's own settings.</summary>
    public PartValues Options { get; init; } = new(Schedule.BuiltIn[0], null);
}

/// <summary>Makes a curve: the learning rate as a share of its peak, for the 0-based step.</summary>
/// <param name="Name">As recipes write it.</param>
/// <param name="Make">From a run's shape to its factors: a function of the step alone, so that a resumed run has the same.</param>
public sealed record NamedSchedule(string Name, Func<ScheduleShape, Func<int, double>> Make) : NamedPart(Name);

/// <summary>Learning rate as a share of its peak, per optimizer step. Names and values are those of Hugging Face's schedulers.</summary>
public static class Schedule
{
    /// <summary>Where polynomial ends (Hugging Face's lr_end), and inverse_sqrt's scale without warm-up.</summary>
    private const double End = 1e-7, Timescale = 10_000;

    /// <summary>
    /// The schedules there are. Warm-up rises as step / max(1, warmup), so the first step has 0 when there is one; then, with
    /// p = (step - warmup) / max(1, total - warmup): <c>linear</c> 1 - p; <c>cosine</c> ½(1 + cos(2π·cycles·p)) (Loshchilov &amp; Hutter 2017,
    /// arXiv:1608.03983, without restarts); <c>cosine_with_restarts</c>; <c>cosine_with_min_lr</c>; <c>polynomial</c>; <c>inverse_sqrt</c>;
    /// <c>constant_with_warmup</c> 1; <c>wsd</c> 1, and at the end 1 - √ (Hägele et al. 2024, arXiv:2405.18392). <c>constant</c>
    /// has no warm-up.
    /// </summary>
    public static IReadOnlyList<NamedSchedule> BuiltIn { get; } =
    [
        new("cosine", shape => Warmed(shape, p => Wave(shape, p))),
        new("linear", shape => Warmed(shape, p => Math.Max(0, 1 - p))),
        new("constant", _ => _ => 1),
        new("constant_with_warmup", shape => Warmed(shape, _ => 1)),
        new("cosine_with_restarts", shape => Warmed(shape, p => p >= 1 ? 0 : Math.Max(0, 0.5 * (1 + Math.Cos(Math.PI * (((shape.Cycles ?? 1) * p) % 1)))))),
        new("cosine_with_min_lr", shape => Warmed(shape, p => Math.Max(0, Wave(shape, p) * (1 - (shape.MinShare ?? 0)) + (shape.MinShare ?? 0)))),
        new("polynomial", shape => Warmed(shape, p => ((1 - End / shape.Peak) * Math.Pow(Math.Max(0, 1 - p), shape.Options.Number("power"))) + End / shape.Peak)) { Options = [PartOption.Number("power", "(0, 10]", 1, "Exponent of what is left")] },
        new("inverse_sqrt", InverseRoot),
        new("wsd", HoldThenFall),
    ];

    /// <summary>Factor of a built-in schedule for the 0-based <paramref name="step"/>.</summary>
    public static double Factor(string name, int step, int warmup, int total) => Of(new() { LrSchedulerType = name, LearningRate = 1 }, warmup, total)(step);

    /// <summary>The curve that a recipe asks for.</summary>
    /// <exception cref="Core.Errors.TemperException">Code <c>part_unknown</c>.</exception>
    public static Func<int, double> Of(TrainingSettings settings, int warmup, int total)
    {
        var schedule = settings.Parts.Schedules[settings.LrSchedulerType];
        return schedule.Make(new(warmup, total, settings.LearningRate)
        {
            Cycles = settings.NumCycles,
            MinShare = settings.MinLrRate ?? settings.MinLr / settings.LearningRate,
            DecayShare = settings.DecayShare ?? 0.2,
            Options = new(schedule, settings.LrSchedulerKwargs),
        });
    }

    private static Func<int, double> Warmed(ScheduleShape shape, Func<double, double> then) => step => step < shape.Warmup
        ? (double)step / Math.Max(1, shape.Warmup) : then((double)(step - shape.Warmup) / Math.Max(1, shape.Total - shape.Warmup));

    private static double Wave(ScheduleShape shape, double p) => Math.Max(0, 0.5 * (1 + Math.Cos(Math.PI * (2 * (shape.Cycles ?? 0.5)) * p)));

    private static Func<int, double> InverseRoot(ScheduleShape shape)
    {
        var scale = shape.Warmup > 0 ? shape.Warmup : Timescale;
        return step => step < shape.Warmup ? (double)step / Math.Max(1, shape.Warmup) : 1 / Math.Sqrt((step + scale - shape.Warmup) / scale);
    }

    private static Func<int, double> HoldThenFall(ScheduleShape shape)
    {
        var fall = Math.Max(1, (int)Math.Ceiling(shape.Total * shape.DecayShare));
        return step => step < shape.Warmup ? (double)step / Math.Max(1, shape.Warmup)
            : step < shape.Total - fall ? 1 : Math.Max(0, 1 - Math.Sqrt((double)(step - (shape.Total - fall)) / fall));
    }
}
