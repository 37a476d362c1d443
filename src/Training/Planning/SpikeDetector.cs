using Temper.Core.Work;

namespace Temper.Training.Planning;

/// <summary>Tells a loss that stands out: its z-score among the last 128, itself included, as llm.c's detector has it. Says nothing before it has seen so many.
/// A function of the log alone, so a resumed run sees what an uninterrupted one does.</summary>
internal sealed class SpikeDetector
{
    /// <summary>Losses that are looked at.</summary>
    public const int Window = 128;

    /// <summary>Above it a loss is a spike.</summary>
    public const double Limit = 6;

    private readonly double[] _losses = new double[Window];
    private int _count;

    /// <summary>Begins where a log ends.</summary>
    public SpikeDetector(IEnumerable<StepMetrics> log)
    {
        foreach (var step in log)
            if (step.Values.TryGetValue("loss", out var loss))
                Add(loss);
    }

    /// <summary>The z-score of a loss that may come next; 0 while there are too few, or where all are equal.</summary>
    public double ScoreOf(double loss)
    {
        if (_count < Window - 1)
            return 0;
        var (sum, squares) = (loss, 0.0);
        for (var i = 1; i < Window; i++)
            sum += Ago(i);
        var mean = sum / Window;
        for (var i = 1; i < Window; i++)
            squares += (Ago(i) - mean) * (Ago(i) - mean);
        var deviation = Math.Sqrt((squares + (loss - mean) * (loss - mean)) / Window);
        return deviation > 0 ? (loss - mean) / deviation : 0;
    }

    /// <summary>Remembers a loss that was learned from.</summary>
    public void Add(double loss) => _losses[_count++ % Window] = loss;

    private double Ago(int steps) => _losses[(_count - steps) % Window];
}
