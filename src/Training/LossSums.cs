namespace Temper.Training;

/// <summary>Sums over the micro-batches of a step, or of a measurement, in 64 bits. They are added in the order of the micro-batches, whoever computed them.</summary>
internal sealed class LossSums
{
    private readonly List<(string Name, double Sum)> _measures = [];

    public double Loss { get; private set; }

    public double Correct { get; private set; }

    public void Add(in LossValues values)
    {
        Loss += values.Loss;
        Correct += values.Correct;
        for (var i = 0; i < values.Measures.Count; i++)
        {
            var (name, value) = values.Measures[i];
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
