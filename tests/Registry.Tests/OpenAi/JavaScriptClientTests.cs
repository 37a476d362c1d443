using System.Diagnostics;
using System.Text.Json;
using Temper.Testing;

namespace Temper.Registry.Tests.OpenAi;

/// <summary>The whole life of jobs, driven by the official client of npm (tests/reference/openai_client.mjs).</summary>
[Trait("Needs", "openai")]
public sealed class JavaScriptClientTests
{
    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task The_official_client_uploads_trains_pauses_resumes_pages_and_cancels(string database)
    {
        using var folder = new TempFolder();
        await using var host = await RegistryHost.StartAsync(await RegistryHost.OptionsAsync(database, folder));
        await host.ImportAsync("base");
        await using var workers = new ActingWorkers(host);
        var seen = await RunAsync(host.Address);

        Assert.Equal(("file", "chats.jsonl", "fine-tune"), (Text(seen, "file", "object"), Text(seen, "file", "filename"), Text(seen, "file", "purpose")));
        Assert.Contains("hello", Text(seen, "content"), StringComparison.Ordinal);
        var created = seen.GetProperty("created");
        Assert.Contains(Text(created, "status"), (string[])["validating_files", "queued", "running"]);
        Assert.Equal((12, 2, 7), (created.GetProperty("hyperparameters").GetProperty("batch_size").GetInt32(), created.GetProperty("hyperparameters").GetProperty("n_epochs").GetInt32(), created.GetProperty("seed").GetInt32()));
        Assert.Equal("support", Text(created, "metadata", "team"));
        Assert.Equal(("queued", "paused"), (Text(seen, "paused", "status"), Text(seen, "paused", "phase")));
        var id = Text(created, "id");
        Assert.Equal($"ft:base:my-bot:{id}", Text(seen, "done", "fine_tuned_model"));
        Assert.Equal(30, seen.GetProperty("done").GetProperty("trained_tokens").GetInt64());
        Assert.Equal($"ft:base:my-bot:{id}:ckpt-step-3", Text(seen.GetProperty("checkpoints")[0], "fine_tuned_model_checkpoint"));
        Assert.Equal(1.0 / 3, seen.GetProperty("checkpoints")[0].GetProperty("metrics").GetProperty("train_loss").GetDouble(), 9);
        Assert.StartsWith("step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n1,1,0.5,,\n", Text(seen, "result"), StringComparison.Ordinal);
        Assert.Equal(seen.GetProperty("ids").EnumerateArray().Select(x => x.GetString()), seen.GetProperty("listed").EnumerateArray().Select(x => x.GetString()));
        Assert.True(seen.GetProperty("deleted").GetProperty("deleted").GetBoolean());
        CheckEvents(seen.GetProperty("events"));
        CheckErrors(seen);
    }

    private static void CheckEvents(JsonElement events)
    {
        var all = events.EnumerateArray().ToList();
        Assert.Equal(all.Count, all.Select(e => Text(e, "id")).Distinct().Count());
        Assert.Equal(all.Select(e => e.GetProperty("created_at").GetInt64()).OrderDescending(), all.Select(e => e.GetProperty("created_at").GetInt64()));
        Assert.StartsWith("The job is completed", Text(all[0], "message"), StringComparison.Ordinal);
        Assert.StartsWith("The job is made", Text(all[^1], "message"), StringComparison.Ordinal);
        var metrics = all.Where(e => Text(e, "type") == "metrics").ToList();
        Assert.Equal(6, metrics.Count);
        Assert.All(metrics, e => Assert.True(e.GetProperty("data").GetProperty("train_loss").GetDouble() > 0));
    }

    private static void CheckErrors(JsonElement seen)
    {
        var failed = seen.GetProperty("failed").GetProperty("error");
        Assert.Equal(("REC_JSON_SYNTAX", "training_file"), (Text(failed, "code"), Text(failed, "param")));
        Assert.Contains("No record can be used", Text(failed, "message"), StringComparison.Ordinal);
        Assert.Equal("error", Text(seen, "badFile", "status"));
        foreach (var (name, status, code, param) in new[]
        {
            ("model", 404, "model_not_found", "model"), ("file", 404, "not_found", "training_file"), ("epochs", 400, "invalid_value", "n_epochs"), ("unknown", 400, "unsupported_parameter", "colour"),
            ("purpose", 400, "invalid_value", "purpose"), ("ended", 400, "job_ended", null), ("resume", 400, "job_ended", null), ("job", 404, "not_found", "fine_tuning_job_id"),
        })
        {
            var error = seen.GetProperty("errors").GetProperty(name);
            Assert.Equal((status, code, param, "invalid_request_error"), (error.GetProperty("status").GetInt32(), Text(error, "code"), error.GetProperty("param").GetString(), Text(error, "type")));
        }
        Assert.Equal(404, seen.GetProperty("gone").GetProperty("status").GetInt32());
    }

    private static async Task<JsonElement> RunAsync(Uri address)
    {
        var modules = Environment.GetEnvironmentVariable("TEMPER_TEST_NODE_MODULES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "temper-test", "node_modules");
        var start = new ProcessStartInfo("node", [Path.Combine(RepoRoot.Path, "tests", "reference", "openai_client.mjs"), modules, new Uri(address, "v1").ToString()]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"the client: {await errors}\n{output}");
        return JsonElement.Parse(output.Trim().Split('\n')[^1]);
    }

    private static string Text(JsonElement from, params string[] path) => path.Aggregate(from, (at, name) => at.GetProperty(name)).GetString()!;
}
