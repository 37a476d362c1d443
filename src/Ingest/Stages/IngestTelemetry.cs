using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Temper.Ingest;

/// <summary>What ingestion tells of itself: spans of source and metrics of meter <c>Temper.Ingest</c>.</summary>
public static class IngestTelemetry
{
    /// <summary>Name of the activity source and of the meter.</summary>
    public const string Name = "Temper.Ingest";

    private static readonly Meter Meter = new(Name);

    internal static readonly ActivitySource Source = new(Name);

    internal static readonly Counter<long> Records = Meter.CreateCounter<long>("data.records", "{record}", "Records by stage, outcome and code.");

    internal static readonly Counter<long> Bytes = Meter.CreateCounter<long>("data.bytes", "By", "Decompressed bytes validated.");

    internal static readonly Counter<long> Imbalance = Meter.CreateCounter<long>("data.ledger.imbalance", "{record}", "Records that a ledger lost or made up; 0 for ever.");

    internal static readonly Histogram<double> StageDuration = Meter.CreateHistogram<double>("data.stage.duration", "s", "Time of a stage.");

    internal static readonly Counter<long> Replays = Meter.CreateCounter<long>("data.stage.replays", "{stage}", "Stages or slices found done by an earlier attempt.");

    internal static readonly Counter<long> Conflicts = Meter.CreateCounter<long>("data.commit.conflicts", "{commit}", "Commits that another worker won.");

    internal static readonly Histogram<double> QuarantineFraction = Meter.CreateHistogram<double>("data.quarantine.fraction", "1", "Share of an upload's records that were quarantined.");

    internal static readonly Counter<long> Clusters = Meter.CreateCounter<long>("data.dedup.clusters", "{cluster}", "Groups of copies found.");

    private static readonly Histogram<double> EmbedLatency = Meter.CreateHistogram<double>("data.embed.latency", "s", "Time of one batch of texts or images.");

    private static readonly Counter<long> EmbedCount = Meter.CreateCounter<long>("data.embed.vectors", "{vector}", "Vectors made; their rate is the throughput.");

    /// <summary>Counts a batch of vectors.</summary>
    internal static void Embedded(int vectors, TimeSpan time)
    {
        EmbedLatency.Record(time.TotalSeconds);
        EmbedCount.Add(vectors);
    }

    /// <summary>Times a stage and gives it a span.</summary>
    internal static async Task<T> StageAsync<T>(string stage, TimeProvider clock, Func<Task<T>> work)
    {
        using var span = Source.StartActivity($"ingest.{stage}");
        var began = clock.GetTimestamp();
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            span?.SetStatus(ActivityStatusCode.Error, e.Message);
            throw;
        }
        finally
        {
            StageDuration.Record(clock.GetElapsedTime(began).TotalSeconds, new KeyValuePair<string, object?>("stage", stage));
        }
    }
}
