namespace Temper.Serving;

/// <summary>
/// The tokens that a draw may give, with their unnormalised probabilities exp((logit - best) / temperature), so that the best has 1.
/// Sorted by probability, then by id, wherever a cut needs an order.
/// </summary>
internal sealed class Candidates
{
    private readonly int[] _ids;
    private readonly double[] _weights;
    private int _count;
    private double _total;

    /// <param name="ids">Token ids, ascending.</param>
    /// <param name="weights">Their weights.</param>
    /// <param name="total">Sum of all weights, of those too that <see cref="Floor"/> left out.</param>
    private Candidates(int[] ids, double[] weights, double total) => (_ids, _weights, _count, _total) = (ids, weights, ids.Length, total);

    /// <summary>All tokens that temperature, top_k, top_p and min_p leave.</summary>
    public static Candidates Of(ReadOnlySpan<float> logits, float best, SamplingSettings settings)
    {
        var (topK, topP) = (settings.TopK ?? 0, settings.TopP ?? 1);
        var all = Weigh(logits, best, settings.Temperature ?? 1, Floor(topK, topP, logits.Length));
        if (topK == 0 && topP >= 1)
            return all.CutRare(settings.MinP);
        all.Sort();
        if (topK > 0)
            all.CutCount(topK);
        all.CutMass(topP);
        return all.CutRare(settings.MinP);
    }

    /// <summary>The token in whose share of the total the <paramref name="uniform"/> number of [0, 1) falls.</summary>
    public int At(double uniform)
    {
        var left = uniform * Mass();
        for (var i = 0; i < _count - 1; i++)
        {
            left -= _weights[i];
            if (left < 0)
                return _ids[i];
        }
        return _ids[_count - 1];
    }

    /// <summary>
    /// A weight below which no token can survive the cuts, so that few are sorted. Dropping everything below (1 - top_p) / vocabulary of the total
    /// leaves at least top_p of the mass; the total is at least 1. With top_k alone nothing is dropped beforehand.
    /// </summary>
    private static double Floor(int topK, double topP, int vocabulary) => topK == 0 && topP < 1 ? (1 - topP) / vocabulary : 0;

    private static Candidates Weigh(ReadOnlySpan<float> logits, float best, double temperature, double floor)
    {
        var ids = new int[logits.Length];
        var weights = new double[logits.Length];
        var kept = 0;
        var total = 0.0;
        for (var id = 0; id < logits.Length; id++)
        {
            var weight = Math.Exp((logits[id] - (double)best) / temperature);
            total += weight;
            if (weight < floor)
                continue;
            (ids[kept], weights[kept]) = (id, weight);
            kept++;
        }
        return new(ids[..kept], weights[..kept], total);
    }

    /// <summary>Heaviest first; equal weights by id.</summary>
    private void Sort()
    {
        var order = new (double Weight, int Id)[_count];
        for (var i = 0; i < _count; i++)
            order[i] = (_weights[i], _ids[i]);
        Array.Sort(order, static (a, b) => a.Weight == b.Weight ? a.Id.CompareTo(b.Id) : b.Weight.CompareTo(a.Weight));
        for (var i = 0; i < _count; i++)
            (_weights[i], _ids[i]) = order[i];
    }

    private void CutCount(int topK)
    {
        _count = Math.Min(_count, topK);
        _total = Mass();
    }

    private void CutMass(double topP)
    {
        if (topP >= 1)
            return;
        var wanted = topP * _total;
        var mass = 0.0;
        for (var i = 0; i < _count; i++)
        {
            mass += _weights[i];
            if (mass < wanted)
                continue;
            _count = i + 1;
            return;
        }
    }

    private Candidates CutRare(double minP)
    {
        if (minP <= 0)
            return this;
        var kept = 0;
        for (var i = 0; i < _count; i++)
            if (_weights[i] >= minP)
                (_ids[kept], _weights[kept++]) = (_ids[i], _weights[i]);
        _count = kept;
        return this;
    }

    private double Mass()
    {
        var mass = 0.0;
        for (var i = 0; i < _count; i++)
            mass += _weights[i];
        return mass;
    }
}
