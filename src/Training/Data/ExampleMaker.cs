using Temper.Core.Datasets;
using Temper.Core.Errors;

namespace Temper.Training.Data;

/// <summary>An example, or why there is none.</summary>
/// <param name="Example">Null when the record was left out.</param>
/// <param name="Problem">What is wrong with the record, or worth knowing of it.</param>
/// <param name="Fatal">True when leaving the record out is not enough.</param>
public sealed record MadeExample(TrainExample? Example, Problem? Problem, bool Fatal = false);

/// <summary>How records become examples of one task. Safe from any thread.</summary>
public abstract class ExampleMaker
{
    /// <summary>Kinds of records that the task cannot learn from: one problem each, not one a record.</summary>
    public abstract IReadOnlyList<Problem> Refused(IReadOnlyList<CanonicalRecord> records);

    /// <summary>Examples of a batch of records, in its order.</summary>
    public virtual Task<MadeExample[]> MakeAsync(IReadOnlyList<CanonicalRecord> records, CancellationToken ct)
    {
        var made = new MadeExample[records.Count];
        Parallel.For(0, records.Count, new ParallelOptions { CancellationToken = ct }, i => made[i] = Guarded(records[i]));
        return Task.FromResult(made);
    }

    /// <summary>The example of one record. What is thrown with a code counts as fatal.</summary>
    protected abstract MadeExample Make(CanonicalRecord record);

    /// <inheritdoc cref="Make"/>
    protected MadeExample Guarded(CanonicalRecord record)
    {
        try
        {
            return Make(record);
        }
        catch (TemperException e)
        {
            return new(null, e.Problems[0], Fatal: true);
        }
    }

    /// <summary>A problem with the place of a record.</summary>
    internal static Problem Named(CanonicalRecord record, Problem problem) =>
        problem with { File = problem.File ?? record.Source.File, Line = problem.Line ?? record.Source.Line, Value = problem.Value ?? record.RecId.Short };

    /// <summary>One problem about all records of some kinds, with the place of the first; nothing when there are none.</summary>
    /// <param name="records">Of a dataset.</param>
    /// <param name="chosen">Which of them.</param>
    /// <param name="code">Of the problem.</param>
    /// <param name="what">What is said of them, behind their number.</param>
    internal static IEnumerable<Problem> Any(IReadOnlyList<CanonicalRecord> records, Func<CanonicalRecord, bool> chosen, string code, string what) =>
        records.Count(chosen) is > 0 and var count ? [Named(records.First(chosen), new(code, $"{count} of {records.Count} records {what}"))] : [];
}
