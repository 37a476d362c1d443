using System.Text.Json;

namespace Temper.Ingest;

/// <summary>What a dataset must be like to be sealed.</summary>
public sealed record ExpectConfig
{
    /// <summary>Least number of accepted records; null for no limit.</summary>
    public long? MinRecords { get; init; }

    /// <summary>Largest number of accepted records; null for no limit.</summary>
    public long? MaxRecords { get; init; }

    /// <summary>JSON Schema (the part of 2020-12 that docs/formats/dataset-config.md lists) that each row must meet; null for none.</summary>
    public JsonElement? Schema { get; init; }

    /// <summary>Name of a column to the largest share of rows, 0 to 1, in which it is null or absent.</summary>
    public SortedDictionary<string, double> MaxNullFraction { get; init; } = [];

    /// <summary>Languages of the records (BCP 47); more than max_bad_fraction in others reject the version. Empty for all.</summary>
    public IReadOnlyList<string> Language { get; init; } = [];
}
