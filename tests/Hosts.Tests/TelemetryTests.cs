using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Temper.Core.Work;

namespace Temper.Hosts.Tests;

/// <summary>What someone sees in their collector: one trace from the upload to the first answer, over all processes that had a part in it.</summary>
public sealed class TelemetryTests
{
    private static readonly string[] Stages = ["register", "validate", "dedup", "embed", "seal"];

    [Fact]
    public async Task One_trace_leads_from_the_upload_to_the_first_answer_across_all_processes()
    {
        using var world = new TinyWorld(8);
        File.WriteAllText(Path.Combine(world.Data, "dataset.yaml"), "version: 1\ndatasets:\n  - {id: chats, dataset_type: text, format: messages, max_bad_fraction: 0.2, embedding: {model: base}}\n");
        await using var collector = await Collector.StartAsync();
        using (var server = await TemperProcess.UpAsync(world.Home(), 0, collector.Variables))
        {
            await world.ImportBaseAsync(server.Address);
            await world.SealAsync(server.Address, collector.Variables);
            Assert.Equal(0, (await TemperProcess.RunAsync(["train", world.Recipe, "--follow", "--server", server.Address.AbsoluteUri], collector.Variables)).Exit);
            await AnswerAsync(server.Address);
            await StopAsync(server);
        }

        var answer = Assert.Single(collector.Spans, s => s.Name == "model.first_answer");
        var trace = collector.Spans.Where(s => s.Trace == answer.Trace).ToList();
        var names = trace.Select(s => s.Name).ToHashSet();
        string[] expected = ["upload", "POST /api/v1/uploads", "upload.complete", "ingest", .. Stages.Select(s => $"ingest.{s}"), "job.run", "job.load", "job.train", "job.publish", "finish", "model.first_answer"];
        Assert.True(expected.All(names.Contains), $"missing: {string.Join(", ", expected.Except(names))}\nthere: {string.Join(", ", names.Order())}");

        var ids = trace.Select(s => s.Id).ToHashSet();
        Assert.Equal(trace.Count, ids.Count);
        Assert.All(trace, span => Assert.True(span.Parent == "" || ids.Contains(span.Parent), $"{span.Name} names a parent that nobody exported"));
        Assert.Equal("upload", Assert.Single(trace, span => span.Parent == "").Name);
        Assert.All(trace, span => Assert.True(span.Ended >= span.Began, span.Name));

        var processes = trace.Select(s => s.By).Distinct().ToList();
        Assert.Equal(["temper", "temper-cli", "temper-job"], processes.Select(p => p.Service).Order());
        Assert.Equal(3, processes.Select(p => p.Instance).Distinct().Count());
        Assert.Equal(3, processes.Select(p => p.Pid).Distinct().Count());
        var run = trace.First(s => s.Name == "job.run");
        Assert.Equal(("temper-job", "completed"), (run.By.Service, run.Tags["outcome"]));
        Assert.Equal(2, trace.Count(s => s.Name == "finish"));

        string[] ofServer = ["temper.upload.bytes", "temper.work.claims", "temper.versions", "data.records", "data.stage.duration", "temper.serving.tokens", "gen_ai.server.time_to_first_token", "http.server.request.duration"];
        string[] ofJob = ["temper.training.steps", "temper.training.tokens", "temper.training.jobs", "http.client.request.duration"];
        Assert.Empty(ofServer.Except(collector.Metrics.Where(m => m.By.Service == "temper").Select(m => m.Name)));
        Assert.Empty(ofJob.Except(collector.Metrics.Where(m => m.By.Service == "temper-job").Select(m => m.Name)));

        var made = Assert.Single(collector.Logs, log => log.Trace == answer.Trace && log.Attributes.GetValueOrDefault("Name") == "bot");
        Assert.Equal("1", made.Attributes["Version"]);
        Assert.StartsWith("job-", made.Attributes["Work"]);
        Assert.Equal($"{made.Attributes["Work"]} made bot:1", made.Body);
    }

    [Fact]
    public async Task Nothing_is_exported_where_nobody_asked_for_it()
    {
        using var world = new TinyWorld(2);
        await using var collector = await Collector.StartAsync();
        using (var server = await TemperProcess.UpAsync(world.Home(), 0, [.. collector.Variables.Where(v => v.Name != "OTEL_EXPORTER_OTLP_ENDPOINT"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "")]))
        {
            Assert.Equal(0, (await world.UploadAsync(server.Address)).Exit);
            await StopAsync(server);
        }
        Assert.Empty(collector.Spans);
        Assert.Empty(collector.Metrics);
        Assert.Empty(collector.Logs);
    }

    [Fact]
    public async Task A_dead_collector_neither_fails_nor_holds_a_job()
    {
        using var world = new TinyWorld(4);
        // It takes connections and never answers: worse than one that refuses.
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var server = await TemperProcess.UpAsync(world.Home(), 0, Collector.Pointing($"http://{silent.LocalEndpoint}"));
        await world.ImportBaseAsync(server.Address);
        await world.SealAsync(server.Address);
        var began = Stopwatch.GetTimestamp();
        var (exit, _, errors) = await world.TrainAsync(server.Address, "--follow");
        Assert.True(exit == 0, errors);
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 30);
        using var client = server.Client();
        Assert.Equal(WorkState.Completed, (await client.Jobs.ListAsync(WorkKind.Train, null, default)).Items.Single().State);
        began = Stopwatch.GetTimestamp();
        await StopAsync(server);
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 12);
    }

    private static async Task AnswerAsync(Uri server)
    {
        using var http = new HttpClient { BaseAddress = server, Timeout = TimeSpan.FromMinutes(1) };
        for (var time = 0; time < 2; time++)
        {
            using var answer = await http.PostAsJsonAsync("v1/chat/completions", new { model = "bot", max_tokens = 4, temperature = 0, messages = new[] { new { role = "user", content = "what is number 1" } } });
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
            Assert.Equal("chat.completion", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("object").GetString());
        }
    }

    private static async Task StopAsync(TemperProcess server)
    {
        using var kill = Process.Start("kill", ["-TERM", $"{server.Id}"]);
        await server.ExitAsync(TimeSpan.FromSeconds(60));
    }
}
