using Temper.Tensors;
using Temper.Training.Objectives;

namespace Temper.Training;

/// <summary>The loss of one micro-batch as numbers, wherever it was computed.</summary>
/// <param name="Loss">Sum over its units.</param>
/// <param name="Correct">Units that the model would have said (or chosen) itself.</param>
/// <param name="Measures">Further sums by name.</param>
internal readonly record struct LossValues(double Loss, double Correct, IReadOnlyList<KeyValuePair<string, double>> Measures)
{
    /// <summary>Reads them from the engine.</summary>
    public static LossValues Of(IEngine engine, in StepLoss loss)
    {
        KeyValuePair<string, double>[] measures = loss.Measures is { Count: > 0 } named ? new KeyValuePair<string, double>[named.Count] : [];
        for (var i = 0; i < measures.Length; i++)
            measures[i] = new(loss.Measures![i].Key, engine.ScalarOf(loss.Measures[i].Value));
        return new(engine.ScalarOf(loss.Sum), engine.ScalarOf(loss.Correct), measures);
    }
}
