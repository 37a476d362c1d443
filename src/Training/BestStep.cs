using Temper.Core.Errors;
using Temper.Core.Work;
using Temper.Training.Recipes;

namespace Temper.Training;

/// <summary>The best measurement so far, and how long none was better. A function of the log alone, so that a resumed run stops where an uninterrupted one does.</summary>
internal sealed class BestStep
{
    private readonly string _metric;
    private readonly bool _greater, _stops;
    private readonly int _patience;
    private readonly double _threshold;

    public BestStep(TrainingSettings settings, IEnumerable<StepMetrics> log)
    {
        (_metric, _greater) = (NameOf(settings), settings.GreaterIsBetter ?? !NameOf(settings).EndsWith("loss", StringComparison.Ordinal) && !NameOf(settings).EndsWith("perplexity", StringComparison.Ordinal));
        (_stops, _patience, _threshold) = (settings.EarlyStoppingPatience is not null, settings.EarlyStoppingPatience ?? 0, settings.EarlyStoppingThreshold ?? 0);
        foreach (var step in log)
            if (step.Values.ContainsKey(_metric))
                Observe(step);
    }

    /// <summary>Its step; null before the first measurement.</summary>
    public int? Step { get; private set; }

    /// <summary>What was measured there.</summary>
    public double Value { get; private set; }

    /// <summary>Name of what is compared.</summary>
    public string Metric => _metric;

    /// <summary>Measurements since one was better by more than the threshold.</summary>
    public int Waited { get; private set; }

    /// <summary>Whether patience is at its end.</summary>
    public bool Enough => _stops && Waited >= _patience && Step is not null;

    /// <summary>Looks at a measured step; whether it is the best so far.</summary>
    /// <exception cref="TemperException"><c>metric_unknown</c>: it has no such number.</exception>
    public bool Observe(StepMetrics step)
    {
        if (!step.Values.TryGetValue(_metric, out var value))
            throw new TemperException([new Problem("metric_unknown", $"metric_for_best_model is '{_metric}', which is not measured; there are {string.Join(", ", step.Values.Keys.Where(k => k.StartsWith("eval_", StringComparison.Ordinal)))}.") { Path = "training.metric_for_best_model", Value = _metric }]);
        var ahead = Step is null ? double.PositiveInfinity : _greater ? value - Value : Value - value;
        Waited = ahead > _threshold ? 0 : Waited + 1;
        if (!(ahead > 0))
            return false;
        (Step, Value) = (step.Step, value);
        return true;
    }

    /// <summary>As in Hugging Face's trainer, eval_ may be left out.</summary>
    private static string NameOf(TrainingSettings settings)
    {
        var name = settings.MetricForBestModel ?? "eval_loss";
        return name.StartsWith("eval_", StringComparison.Ordinal) ? name : "eval_" + name;
    }
}
