using Temper.Tensors;
using Temper.Training.Objectives;

namespace Temper.Training;

/// <summary>Sums over the micro-batches of a step, or of a measurement, in 64 bits.</summary>
internal sealed class LossSums(IEngine engine)
{
    private readonly List<(string Name, double Sum)> _measures = [];

    public double Loss { get; private set; }

    public double Correct { get; private set; }

    public void Add(in StepLoss loss)
    {
        Loss += engine.ScalarOf(loss.Sum);
        Correct += engine.ScalarOf(loss.Correct);
        for (var i = 0; i < (loss.Measures?.Count ?? 0); i++)
        {
            var (name, tensor) = loss.Measures![i];
            var value = engine.ScalarOf(tensor);
            if (i == _measures.Count)
                _measures.Add((name, value));
            else
                _measures[i] = (name, _measures[i].Sum + value);
        }
    }

    /// <summary>The further measures as means over <paramref name="units"/>, their names behind <paramref name="prefix"/>.</summary>
    public void AddMeasures(SortedDictionary<string, double> values, long units, string prefix)
    {
        foreach (var (name, sum) in _measures)
            values[prefix + name] = sum / Math.Max(1, units);
    }
}
