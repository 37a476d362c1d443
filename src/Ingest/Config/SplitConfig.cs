namespace Temper.Ingest;

/// <summary>Which records are kept for evaluation. A record's part follows from its content, so that it stays where it is when others come.</summary>
public sealed record SplitConfig
{
    /// <summary>Part of all records when no shares are given: <c>train</c> or <c>eval</c>. Default train.</summary>
    public string Name { get; init; } = "train";

    /// <summary>Share of the records for evaluation, 0 to 1. Default 0.</summary>
    public double Eval { get; init; }

    /// <summary>Name of the column whose equal values stay together; null to go by the record's own content.</summary>
    public string? GroupBy { get; init; }

    /// <summary>Key of the choice, 0 to 2^53. Default 0.</summary>
    public long Seed { get; init; }
}
