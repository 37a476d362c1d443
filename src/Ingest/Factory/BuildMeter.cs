using System.Diagnostics;
using System.Diagnostics.Metrics;
using Temper.Core.Registry;

namespace Temper.Ingest;

/// <summary>Times stages of building and watches memory meanwhile; tells OpenTelemetry on meter <c>Temper.Ingest</c>.</summary>
public sealed class BuildMeter(TimeProvider clock)
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(50);
    private static readonly Meter Meter = new(IngestTelemetry.Name);
    private static readonly Histogram<double> Init = Meter.CreateHistogram<double>("data.factory.init_time", "s", "Opening a dataset's backend.");
    private static readonly Histogram<double> Config = Meter.CreateHistogram<double>("data.factory.config_time", "s", "Listing and hashing a dataset's items.");
    private static readonly Histogram<double> Build = Meter.CreateHistogram<double>("data.factory.build_time", "s", "Uploading and ingesting a dataset.");
    private static readonly Histogram<long> Memory = Meter.CreateHistogram<long>("data.factory.memory", "By", "Memory at the start, the peak and the end of a stage, by kind: managed, working_set, native.");
    private static readonly Counter<long> Backends = Meter.CreateCounter<long>("data.factory.backend_counts", "{dataset}", "Datasets built, by kind of backend.");
    private readonly List<BuildStage> _stages = [];

    /// <summary>Stages that have ended, in order.</summary>
    public IReadOnlyList<BuildStage> Stages => _stages;

    /// <summary>Counts a dataset of a backend's kind.</summary>
    public static void Count(string backend) => Backends.Add(1, new KeyValuePair<string, object?>("backend", backend));

    /// <summary>Runs and measures a stage; a stage that fails counts as well.</summary>
    public async Task<T> StageAsync<T>(DatasetEntry entry, string stage, Func<Task<T>> work)
    {
        ArgumentNullException.ThrowIfNull(entry);
        ArgumentNullException.ThrowIfNull(work);
        var began = clock.GetTimestamp();
        var watch = new MemoryWatch();
        using var span = IngestTelemetry.Source.StartActivity($"factory.{stage}")?.SetTag("dataset", entry.Id);
        try
        {
            await using (clock.CreateTimer(_ => watch.Sample(), null, Every, Every).ConfigureAwait(false))
                return await work().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            span?.SetStatus(ActivityStatusCode.Error, e.Message);
            throw;
        }
        finally
        {
            var (managed, working, native) = watch.End();
            _stages.Add(new(entry.Id, stage, clock.GetElapsedTime(began).TotalSeconds, managed, working, native));
            Tell(entry, _stages[^1]);
        }
    }

    private static void Tell(DatasetEntry entry, BuildStage stage)
    {
        var tags = new TagList { { "backend", entry.Backend.Type }, { "dataset_type", KeyCheck.Word(entry.Type) } };
        (stage.Stage switch { "init" => Init, "config" => Config, _ => Build }).Record(stage.Seconds, tags);
        foreach (var (kind, span) in (IEnumerable<(string, MemorySpan)>)[("managed", stage.Managed), ("working_set", stage.WorkingSet), ("native", stage.Native)])
        {
            foreach (var (point, value) in (IEnumerable<(string, long)>)[("start", span.Start), ("peak", span.Peak), ("end", span.End)])
                Memory.Record(value, new TagList { { "stage", stage.Stage }, { "kind", kind }, { "point", point } });
        }
    }

    /// <summary>Samples of one stage; the timer's thread and the stage's own both take them.</summary>
    private sealed class MemoryWatch
    {
        private readonly Lock _gate = new();
        private readonly long[] _start = Now();
        private readonly long[] _peak;

        public MemoryWatch() => _peak = [.. _start];

        public long[] Sample()
        {
            var now = Now();
            lock (_gate)
            {
                for (var i = 0; i < now.Length; i++)
                    _peak[i] = Math.Max(_peak[i], now[i]);
            }
            return now;
        }

        public (MemorySpan Managed, MemorySpan WorkingSet, MemorySpan Native) End()
        {
            var end = Sample();
            return (Of(0, end), Of(1, end), Of(2, end));
        }

        private MemorySpan Of(int kind, long[] end) => new(_start[kind], _peak[kind], end[kind]);

        private static long[] Now()
        {
            // Before the first collection nothing is said of what is committed; what is used is the least that it can be.
            var (working, managed) = (Environment.WorkingSet, GC.GetTotalMemory(forceFullCollection: false));
            return [managed, working, Math.Max(0, working - Math.Max(managed, GC.GetGCMemoryInfo().TotalCommittedBytes))];
        }
    }
}
