using System.Diagnostics.Metrics;

namespace Temper.Ingest;

/// <summary>What downloads tell of themselves, in ingestion's meter.</summary>
internal static class FetchTelemetry
{
    private static readonly Meter Meter = new(IngestTelemetry.Name);

    public static readonly Counter<long> Blocked = Meter.CreateCounter<long>("data.ssrf.blocked", "{address}", "Addresses that were not connected to because they are not public.");

    private static readonly Counter<long> Fetches = Meter.CreateCounter<long>("data.fetch", "{download}", "Downloads by outcome: fetched, cached, or the code of the refusal.");

    /// <summary>Counts one download.</summary>
    public static void Count(string outcome) => Fetches.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
}
