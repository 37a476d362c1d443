using System.ClientModel;
using System.ClientModel.Primitives;
using System.Diagnostics;
using System.Text.Json;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Files;
using OpenAI.FineTuning;
using Temper.Core.Ids;
using Temper.Testing;

namespace Temper.Hosts.Tests;

/// <summary>Fine-tuning for real, from a file to an answer, driven by OpenAI's official clients.</summary>
public sealed class OpenAiJobTests(OpenAiJobWorld world) : IClassFixture<OpenAiJobWorld>
{
    private static readonly ChatCompletionOptions Greedy = new() { Temperature = 0, MaxOutputTokenCount = 8 };

    [Fact, Trait("Needs", "openai")]
    public async Task The_JavaScript_client_trains_pauses_resumes_asks_cancels_and_hears_why_things_fail()
    {
        var seen = await RunScriptAsync();
        var done = seen.GetProperty("done");
        var (id, name) = (Text(done, "id"), Text(done, "fine_tuned_model"));
        Assert.Equal($"ft:base:bot:{id}", name);
        Assert.Equal("queued", Text(seen, "paused", "status"));
        var reached = seen.GetProperty("reached").EnumerateArray().Select(x => x.GetDouble()).ToList();
        Assert.Equal(reached.Order(), reached);
        Assert.Equal(1, reached[^1]);
        Assert.True(done.GetProperty("trained_tokens").GetInt64() > 0);
        var made = 50 * File.ReadAllLines(world.Chats).Length;
        CheckEvents(seen, made);
        var steps = seen.GetProperty("checkpoints").EnumerateArray().Select(c => c.GetProperty("step_number").GetInt32()).ToList();
        Assert.Equal(steps.OrderDescending(), steps);
        Assert.Equal(made, steps[0]);
        Assert.Equal(made + 1, Text(seen, "result").TrimEnd('\n').Split('\n').Length);
        var answer = seen.GetProperty("answer").GetProperty("choices")[0];
        Assert.Equal(Text(answer, "message", "content"), Text(seen, "last", "message", "content"));
        CheckStream(seen, answer);
        Assert.Equal("dpo", Text(seen, "dpo", "method", "type"));
        Assert.NotEmpty(Text(seen, "preferred", "finish_reason"));
        Assert.NotEmpty(Text(seen, "early", "finish_reason"));
        Assert.Equal("cancelled", Text(seen, "cancelled", "status"));
        CheckErrors(seen);
    }

    [Fact]
    public async Task The_NET_client_trains_pauses_resumes_and_asks_what_it_made()
    {
        var client = new OpenAIClient(new ApiKeyCredential("unused"), new OpenAIClientOptions { Endpoint = new(world.Address, "v1"), RetryPolicy = new ClientRetryPolicy(0) });
        var (files, tuning) = (client.GetOpenAIFileClient(), client.GetFineTuningClient());
        var chats = (await files.UploadFileAsync(world.Chats, FileUploadPurpose.FineTune)).Value;
        var job = await tuning.FineTuneAsync("base", chats.Id, waitUntilCompleted: false, new() { Suffix = "net", Seed = 3, TrainingMethod = FineTuningTrainingMethod.CreateSupervised(batchSize: 1, epochCount: 50, learningRate: 10) });
        using var registry = world.Server.Client();
        var id = WorkId.Parse(job.JobId);
        await UntilAsync(job, async () => (await registry.Jobs.FindAsync(id, default))!.Step > 0);
        await registry.Jobs.PauseAsync(id, default);
        await UntilAsync(job, () => Task.FromResult(job.Status == FineTuningStatus.Queued));
        await registry.Jobs.ResumeAsync(id, default);
        await UntilAsync(job, () => Task.FromResult(job.Status == FineTuningStatus.Succeeded));
        var events = new List<FineTuningEvent>();
        await foreach (var happened in job.GetEventsAsync(new GetEventsOptions { PageSize = 50 }))
            events.Add(happened);
        Assert.Equal(events.Count, events.Select(e => e.Id).Distinct().Count());
        var checkpoints = new List<FineTuningCheckpoint>();
        await foreach (var checkpoint in job.GetCheckpointsAsync(new GetCheckpointsOptions { PageSize = 1 }))
            checkpoints.Add(checkpoint);
        Assert.Equal(50 * File.ReadAllLines(world.Chats).Length, checkpoints[0].StepNumber);
        await AskAsync(client.GetChatClient(job.Value), client.GetChatClient(checkpoints[0].ModelId));

        var pairs = (await files.UploadFileAsync(world.Pairs, FileUploadPurpose.FineTune)).Value;
        var preferring = await tuning.FineTuneAsync("base", pairs.Id, waitUntilCompleted: false, new() { TrainingMethod = FineTuningTrainingMethod.CreateDirectPreferenceOptimization(epochCount: 1) });
        await UntilAsync(preferring, () => Task.FromResult(preferring.Status == FineTuningStatus.Succeeded));
        Assert.NotEmpty((await client.GetChatClient(preferring.Value).CompleteChatAsync([ChatMessage.CreateUserMessage("what is number 1")], Greedy)).Value.Id);

        var wrong = await tuning.FineTuneAsync("base", pairs.Id, waitUntilCompleted: false);
        await UntilAsync(wrong, () => Task.FromResult(wrong.Status == FineTuningStatus.Failed));
        var unmade = await Assert.ThrowsAsync<ClientResultException>(() => client.GetChatClient($"ft:base::{wrong.JobId}").CompleteChatAsync("hello"));
        Assert.Equal(404, unmade.Status);
    }

    /// <summary>Whole, streamed and at the last checkpoint: one answer.</summary>
    private static async Task AskAsync(ChatClient made, ChatClient checkpoint)
    {
        ChatMessage[] question = [ChatMessage.CreateUserMessage("what is number 1")];
        var whole = (await made.CompleteChatAsync(question, Greedy)).Value;
        var updates = new List<StreamingChatCompletionUpdate>();
        await foreach (var update in made.CompleteChatStreamingAsync(question, Greedy))
            updates.Add(update);
        Assert.Equal(whole.Content[0].Text, string.Concat(updates.SelectMany(update => update.ContentUpdate).Select(part => part.Text)));
        Assert.Equal(whole.Usage.TotalTokenCount, updates[^1].Usage.TotalTokenCount);
        Assert.Equal(whole.Content[0].Text, (await checkpoint.CompleteChatAsync(question, Greedy)).Value.Content[0].Text);
    }

    private static void CheckEvents(JsonElement seen, int made)
    {
        var events = seen.GetProperty("events").EnumerateArray().ToList();
        Assert.Equal(events.Count, events.Select(e => Text(e, "id")).Distinct().Count());
        var steps = events.Where(e => Text(e, "type") == "metrics").Select(e => e.GetProperty("data").GetProperty("step").GetInt32()).Reverse().Distinct().ToList();
        Assert.Equal(Enumerable.Range(1, made / 10).Select(n => 10 * n), steps.Order());
        Assert.Contains(events, e => Text(e, "message").StartsWith("Going on from the checkpoint of step", StringComparison.Ordinal));
    }

    /// <summary>The chunks give the same answer; the reason comes once, then usage alone.</summary>
    private static void CheckStream(JsonElement seen, JsonElement answer)
    {
        var chunks = seen.GetProperty("chunks").EnumerateArray().ToList();
        Assert.Equal(Text(answer, "message", "content"), string.Concat(chunks.SelectMany(c => c.GetProperty("choices").EnumerateArray()).Select(c => c.GetProperty("delta").TryGetProperty("content", out var text) ? text.GetString() : "")));
        Assert.Equal(Text(answer, "finish_reason"), Assert.Single(chunks.SelectMany(c => c.GetProperty("choices").EnumerateArray()).Select(c => c.GetProperty("finish_reason").GetString()), reason => reason is not null));
        Assert.Empty(chunks[^1].GetProperty("choices").EnumerateArray());
        Assert.Equal(seen.GetProperty("answer").GetProperty("usage").GetProperty("total_tokens").GetInt32(), chunks[^1].GetProperty("usage").GetProperty("total_tokens").GetInt32());
    }

    private static void CheckErrors(JsonElement seen)
    {
        foreach (var (name, code) in new[] { ("wrong", "data_needs_preference_training"), ("unpaired", "data_needs_pairs"), ("long", "data_too_long") })
        {
            var job = seen.GetProperty("failures").GetProperty(name);
            Assert.Equal(("failed", code), (Text(job, "status"), Text(job, "error", "code")));
            Assert.True(Text(job, "error", "message").Length > 30);
        }
        var wrong = new List<string>();
        foreach (var (name, status, code, param) in new (string, int, string, string?)[]
        {
            ("noModel", 404, "model_not_found", "model"), ("unmade", 404, "model_not_found", "model"), ("noCheckpoint", 404, "model_not_found", "model"), ("noMessages", 400, "invalid_value", "messages"),
            ("tooLong", 400, "context_length_exceeded", "messages"), ("epochs", 400, "invalid_value", "n_epochs"), ("batch", 400, "invalid_value", "batch_size"), ("multiplier", 400, "invalid_value", "learning_rate_multiplier"),
            ("beta", 400, "invalid_value", "beta"), ("method", 400, "invalid_value", "method.type"), ("seed", 400, "invalid_value", "seed"), ("suffix", 400, "invalid_type", "suffix"),
            ("pauseEnded", 400, "job_ended", null), ("resumeEnded", 400, "job_ended", null), ("cancelEnded", 400, "job_ended", null),
        })
        {
            var error = seen.GetProperty("errors").GetProperty(name);
            if (error.ValueKind != JsonValueKind.Object || (status, code, param) != (error.GetProperty("status").GetInt32(), error.GetProperty("code").GetString(), error.GetProperty("param").GetString()))
                wrong.Add($"{name}: expected {status} {code} {param}, found {error}");
        }
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
    }

    private async Task<JsonElement> RunScriptAsync()
    {
        var modules = Environment.GetEnvironmentVariable("TEMPER_TEST_NODE_MODULES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "temper-test", "node_modules");
        var start = new ProcessStartInfo("node", [RepoRoot.Of("tests", "reference", "openai_job.mjs"), modules, new Uri(world.Address, "v1").ToString(), world.Chats, world.Pairs]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"the client: {await errors}\n{output}\n{world.Server.Errors}");
        return JsonElement.Parse(output.Trim().Split('\n')[^1]);
    }

    private static async Task UntilAsync(FineTuningJob job, Func<Task<bool>> there)
    {
        for (var n = 0; n < 2400 && !await there(); n++)
        {
            await Task.Delay(50);
            await job.UpdateStatusAsync(CancellationToken.None);
        }
        Assert.True(await there(), $"{job.JobId} is {job.Status}");
    }

    private static string Text(JsonElement from, params string[] path) => path.Aggregate(from, (at, name) => at.GetProperty(name)).GetString()!;
}
