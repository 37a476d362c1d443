namespace Temper.Core.Registry;

/// <summary>
/// Successive halving as numbers (Jamieson and Talwalkar 2016, arXiv:1502.07943): all trials train to the first rung, of those there the best 1 in
/// <c>eta</c> go on to the next, and so on; who gets to the last rung trains to its end.
/// </summary>
public static class SweepRungs
{
    /// <summary>Steps of the rungs: <paramref name="least"/>, then each <paramref name="eta"/> times the one before it, and at last <paramref name="most"/>.</summary>
    /// <param name="least">Steps of the first rung, 1 to <paramref name="most"/>.</param>
    /// <param name="most">Steps of a whole run.</param>
    /// <param name="eta">2 and up.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range.</exception>
    public static IReadOnlyList<int> Steps(int least, int most, int eta)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(least, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(least, most);
        ArgumentOutOfRangeException.ThrowIfLessThan(eta, 2);
        var steps = new List<int>();
        for (long next = least; next < most; next *= eta)
            steps.Add((int)next);
        return [.. steps, most];
    }

    /// <summary>How many of <paramref name="entered"/> trials go on from a rung: 1 in <paramref name="eta"/>, rounded down, and at least one.</summary>
    public static int Kept(int entered, int eta) => Math.Max(1, entered / eta);

    /// <summary>How many trials enter each rung when none fails. A trial that is alone goes to the end, so it enters them all.</summary>
    public static IReadOnlyList<int> Entering(int trials, int rungs, int eta)
    {
        var entering = new int[rungs];
        for (var rung = 0; rung < rungs; rung++)
            entering[rung] = rung == 0 ? trials : Kept(entering[rung - 1], eta);
        return entering;
    }

    /// <summary>Optimizer steps of all trials together when none fails.</summary>
    public static long Work(int trials, IReadOnlyList<int> steps, int eta)
    {
        var entering = Entering(trials, steps.Count, eta);
        return Enumerable.Range(0, steps.Count).Sum(rung => (long)entering[rung] * (steps[rung] - (rung == 0 ? 0 : steps[rung - 1])));
    }
}
