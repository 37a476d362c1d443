using Temper.Core.Datasets;

namespace Temper.Ingest;

/// <summary>
/// The port of record scoring: one number per record, by which <c>filters</c> of the dataset's configuration keep or drop it.
/// A score is a function of the record and of <see cref="Version"/> alone, so that ingesting again decides the same.
/// </summary>
public interface IRecordScorer
{
    /// <summary>Name under <c>filters</c>: lower-case words joined by <c>_</c>.</summary>
    string Name { get; }

    /// <summary>Changes whenever any score may change; part of the version's key.</summary>
    string Version { get; }

    /// <summary>The score of one record; finite. Safe from any thread.</summary>
    double Score(CanonicalRecord record);
}
