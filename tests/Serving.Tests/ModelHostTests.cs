using System.Collections.Concurrent;
using System.Diagnostics;

namespace Temper.Serving.Tests;

[Collection("server")]
public sealed class ModelHostTests(ServingServer server)
{
    private static readonly ChatRequest Ask = new("tuned@moving", [new("user", "fox")])
    {
        MaxTokens = 8,
        Sampling = new() { Temperature = 0, LogitBias = new Dictionary<int, double> { [1] = -100 } },
    };

    [Fact]
    public async Task A_moved_alias_is_seen_within_a_second_and_a_running_answer_keeps_its_version()
    {
        var clock = new ManualClock();
        var (host, _) = await server.StartAsync(options => options, clock);
        server.Registry.Move("tuned", "moving", 1);
        var old = await DeterminismTests.TextAsync(host, Ask with { Model = "tuned:1", MaxTokens = 60 });
        var running = await host.StartAsync(Ask with { MaxTokens = 60 }, default);
        server.Registry.Move("tuned", "moving", 2);
        clock.Advance(TimeSpan.FromSeconds(1));
        var moved = await host.StartAsync(Ask, default);
        Assert.Equal("tuned:2", moved.Model);
        await moved.DisposeAsync();
        Assert.Equal("tuned:1", running.Model);
        Assert.Equal(old, string.Concat(await running.ReadAsync().Select(piece => piece.Text).ToListAsync()));
        await running.DisposeAsync();
    }

    [Fact]
    public async Task A_burst_of_requests_asks_the_registry_once_in_a_while()
    {
        await DeterminismTests.TextAsync(server.Host, Ask with { Model = "tiny" });
        var before = server.Registry.Resolved;
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => DeterminismTests.TextAsync(server.Host, Ask with { Model = "tiny", MaxTokens = 1 })));
        Assert.InRange(server.Registry.Resolved - before, 0, 19);
    }

    [Fact]
    public async Task Models_beyond_the_memory_are_dropped_and_loaded_again_with_the_same_answers()
    {
        var (small, _) = await server.StartAsync(options => options with { ModelBytes = 1 });
        var first = new Dictionary<string, string>();
        for (var round = 0; round < 3; round++)
            foreach (var model in (string[])["tuned:1", "tuned:2", "tiny:1", "tiny:2"])
            {
                var text = await DeterminismTests.TextAsync(small, Ask with { Model = model });
                Assert.Equal(first.TryAdd(model, text) ? text : first[model], text);
            }
        Assert.Equal(4, first.Values.Distinct().Count());
    }

    [Fact]
    public async Task An_adapter_whose_files_are_deleted_while_it_answers_ends_its_answer_and_is_fetched_again()
    {
        var (small, _) = await server.StartAsync(options => options with { ModelBytes = 1 });
        var whole = await DeterminismTests.TextAsync(small, Ask with { Model = "tuned:1", MaxTokens = 60 });
        var running = await small.StartAsync(Ask with { Model = "tuned:1", MaxTokens = 60 }, default);
        var pieces = running.ReadAsync().GetAsyncEnumerator();
        Assert.True(await pieces.MoveNextAsync());
        var text = pieces.Current.Text;
        Directory.Delete(server.Copies, recursive: true);
        while (await pieces.MoveNextAsync())
            text += pieces.Current.Text;
        await running.DisposeAsync();
        Assert.Equal(whole, text);
        // Another base takes its place in memory, so it must be read from files again.
        await DeterminismTests.TextAsync(small, Ask with { Model = "tiny:2" });
        Assert.Equal(whole, await DeterminismTests.TextAsync(small, Ask with { Model = "tuned:1", MaxTokens = 60 }));
    }

    [Fact]
    public async Task Two_requests_for_a_model_that_is_not_there_yet_load_it_once()
    {
        var loads = new ConcurrentBag<string>();
        using var listener = Listen(span =>
        {
            if (span.OperationName is "model.load" or "adapter.load")
                loads.Add(span.OperationName);
        });
        var (fresh, _) = await server.StartAsync(options => options with { MaxConcurrent = 3 });
        using var trace = new Activity("test").Start();
        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => DeterminismTests.TextAsync(fresh, Ask with { Model = i % 2 == 0 ? "tuned:1" : "tuned:2", MaxTokens = 1 })));
        Assert.InRange(loads.Count(load => load == "model.load"), 1, 1);
        Assert.Equal(2, loads.Count(load => load == "adapter.load"));
    }

    [Fact]
    public async Task The_first_answer_of_a_version_belongs_to_the_trace_in_which_it_was_made()
    {
        var spans = new ConcurrentBag<Activity>();
        var (fresh, _) = await server.StartAsync(options => options);
        using var trace = new Activity("test").Start();
        using var listener = Listen(spans.Add);
        await DeterminismTests.TextAsync(fresh, Ask with { Model = "tuned:1" });
        await DeterminismTests.TextAsync(fresh, Ask with { Model = "tuned:1" });
        var first = Assert.Single(spans, span => span.OperationName == "model.first_answer" && span.Links.Any(link => link.Context.TraceId == trace.TraceId));
        Assert.Equal(ActivityContext.Parse(ServingServer.MadeIn, null).TraceId, first.TraceId);
        Assert.Equal(ActivityContext.Parse(ServingServer.MadeIn, null).SpanId, first.ParentSpanId);
        var chats = spans.Where(span => span.OperationName == "chat tuned:1" && span.TraceId == trace.TraceId).ToList();
        Assert.Equal(2, chats.Count);
        Assert.All(chats, chat => Assert.Equal(8, chat.GetTagItem("gen_ai.usage.output_tokens")));
        Assert.All(chats, chat => Assert.Equal("tuned:1", chat.GetTagItem("gen_ai.response.model")));
    }

    private static ActivityListener Listen(Action<Activity> stopped)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Temper.Serving",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = stopped,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    /// <summary>A clock that stands still until it is told otherwise.</summary>
    private sealed class ManualClock : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Read(ref _ticks);

        public void Advance(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);
    }
}
