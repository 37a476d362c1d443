namespace Temper.Training.Suites;

/// <summary>How well answers name classes.</summary>
/// <param name="Classes">By name, in ordinal order: all that were expected or answered.</param>
/// <param name="Confusion">How often class i (row: expected) was answered as class j (column), in the order of <paramref name="Classes"/>. All cells together are all cases.</param>
public sealed record ClassReport(IReadOnlyList<ClassScore> Classes, IReadOnlyList<IReadOnlyList<int>> Confusion)
{
    /// <summary>Share of right answers, in [0, 1].</summary>
    public double Accuracy => Cases == 0 ? 0 : Enumerable.Range(0, Classes.Count).Sum(i => (double)Confusion[i][i]) / Cases;

    /// <summary>Mean F1 of the classes that were expected at all.</summary>
    public double MacroF1 => Classes.Where(c => c.Support > 0).Select(c => c.F1).DefaultIfEmpty(0).Average();

    /// <summary>All cases.</summary>
    public int Cases => Confusion.Sum(row => row.Sum());

    /// <summary>Counts pairs of expected and answered classes.</summary>
    public static ClassReport Of(IReadOnlyList<(string Expected, string Answered)> pairs)
    {
        var names = pairs.SelectMany(p => (string[])[p.Expected, p.Answered]).Distinct().Order(StringComparer.Ordinal).ToArray();
        var at = names.Index().ToDictionary(n => n.Item, n => n.Index, StringComparer.Ordinal);
        var cells = names.Select(_ => new int[names.Length]).ToArray();
        foreach (var (expected, answered) in pairs)
            cells[at[expected]][at[answered]]++;
        return new([.. names.Select((name, i) => Score(name, i, cells))], cells);
    }

    private static ClassScore Score(string name, int i, int[][] cells)
    {
        var (right, support, answered) = (cells[i][i], cells[i].Sum(), cells.Sum(row => row[i]));
        var (precision, recall) = (answered == 0 ? 0 : (double)right / answered, support == 0 ? 0 : (double)right / support);
        return new(name, precision, recall, precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall), support);
    }
}

/// <summary>One class.</summary>
/// <param name="Name">As it was expected or answered.</param>
/// <param name="Precision">Right among all answers that name it; 0 where none does.</param>
/// <param name="Recall">Found among all cases that expect it; 0 where none does.</param>
/// <param name="F1">Harmonic mean of both.</param>
/// <param name="Support">Cases that expect it.</param>
public sealed record ClassScore(string Name, double Precision, double Recall, double F1, int Support);
