using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Temper.Serving;

/// <summary>Spans and measures of answering: <c>Temper.Serving</c>. Names follow OpenTelemetry's conventions for generative AI where there are some.</summary>
internal sealed class ServingTelemetry : IDisposable
{
    public const string Name = "Temper.Serving";
    public static readonly ActivitySource Source = new(Name);

    private readonly Meter _meter = new(Name);
    private readonly ConcurrentDictionary<string, bool> _answered = new();

    /// <param name="waiting">Reads how many sequences wait.</param>
    public ServingTelemetry(Func<int> waiting)
    {
        Tokens = _meter.CreateCounter<long>("temper.serving.tokens", "{token}", "Tokens read and generated");
        FirstToken = _meter.CreateHistogram<double>("gen_ai.server.time_to_first_token", "s", "From the request to the first piece of its answer");
        Duration = _meter.CreateHistogram<double>("gen_ai.server.request.duration", "s", "From the request to the end of its answer");
        Speed = _meter.CreateHistogram<double>("temper.serving.tokens_per_second", "{token}/s", "Tokens of one answer over the time from its first piece to its last");
        _meter.CreateObservableGauge("temper.serving.queue_depth", waiting, "{sequence}", "Sequences that wait for a slot");
    }

    public Counter<long> Tokens { get; }

    public Histogram<double> FirstToken { get; }

    public Histogram<double> Duration { get; }

    public Histogram<double> Speed { get; }

    /// <summary>True once per model version in the life of this server.</summary>
    public bool IsFirstAnswer(string model) => _answered.TryAdd(model, true);

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();
}
