using System.Net;
using System.Text.Json;
using Temper.Testing;

namespace Temper.Hosts.Tests;

/// <summary>What was set aside, corrected and sent again; what a version tells of itself; what a dry run leaves alone.</summary>
public sealed class RequeueTests
{
    [Fact]
    public async Task Quarantined_lines_are_fetched_corrected_and_requeued_and_the_report_tells_of_it()
    {
        using var world = new TinyWorld();
        using var folder = new TempFolder();
        using var server = await TemperProcess.UpAsync(world.Home());
        await world.SealAsync(server.Address);
        var file = folder.Of("fix.jsonl");
        var (exit, output, errors) = await RunAsync(server, "data", "quarantine", "chats", "--out", file);
        Assert.True(exit == 0, errors);
        Assert.Contains($"{TinyWorld.Bad} lines in", output, StringComparison.Ordinal);
        Assert.Equal(TinyWorld.Bad, File.ReadAllLines(file).Length);
        Assert.Equal(TinyWorld.Bad, File.ReadAllLines(file + ".reasons.jsonl").Length);
        File.WriteAllLines(file, Enumerable.Range(0, TinyWorld.Bad).Select(i => JsonSerializer.Serialize(new { messages = new[] { new { role = "user", content = $"what was wrong {i}" }, new { role = "assistant", content = $"nothing any more {i}" } } })));
        (exit, output, errors) = await RunAsync(server, "data", "requeue", "chats:1", file, "--wait");
        Assert.True(exit == 0, errors);
        Assert.Contains($"{TinyWorld.Accepted + TinyWorld.Bad} accepted + 0 quarantined", output, StringComparison.Ordinal);

        (exit, output, errors) = await RunAsync(server, "datasets", "report", "chats");
        Assert.True(exit == 0, errors);
        Assert.Contains("since chats:1:", output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync(server, "datasets", "report", "chats:1", "--html", folder.Of("report.html"))).Exit);
        Assert.StartsWith("<!doctype html>", File.ReadAllText(folder.Of("report.html")), StringComparison.Ordinal);
        using var http = new HttpClient { BaseAddress = server.Address };
        var page = await http.GetAsync(new Uri("api/v1/datasets/chats/versions/2/page", UriKind.Relative));
        Assert.Equal("text/html", page.Content.Headers.ContentType!.MediaType);
        using var manifest = JsonDocument.Parse(await http.GetStringAsync(new Uri("api/v1/datasets/chats/versions/2/manifest", UriKind.Relative)));
        Assert.Equal(1, manifest.RootElement.GetProperty("parent").GetProperty("version").GetInt32());
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(new Uri("api/v1/datasets/chats/versions/2/preview", UriKind.Relative))).StatusCode);
    }

    [Fact]
    public async Task A_preview_shows_what_a_model_sees_and_marks_what_it_learns()
    {
        using var world = new TinyWorld();
        using var server = await TemperProcess.UpAsync(world.Home());
        await world.SealAsync(server.Address);
        var (exit, output, errors) = await RunAsync(server, "data", "preview", "chats", "--model", world.Base, "-n", "2");
        Assert.True(exit == 0, errors);
        Assert.Contains("{+", output, StringComparison.Ordinal);
        Assert.Equal(output, (await RunAsync(server, "data", "preview", "chats", "--model", world.Base, "-n", "2")).Output);
    }

    [Fact]
    public async Task A_dry_run_says_what_would_come_and_writes_nothing()
    {
        using var world = new TinyWorld();
        var (exit, output, errors) = await TemperProcess.RunAsync(["upload", world.Data, "--dry-run"]);
        Assert.True(exit == 0, errors);
        Assert.Contains($"{TinyWorld.Accepted} accepted + {TinyWorld.Bad} quarantined + {TinyWorld.Twice} duplicate +", output, StringComparison.Ordinal);
        using var server = await TemperProcess.UpAsync(world.Home());
        using var http = new HttpClient { BaseAddress = server.Address };
        var before = Files(world.Home());
        using var body = new ByteArrayContent("{\"text\": \"one note\"}\nbroken\n"u8.ToArray());
        var answer = await http.PostAsync(new Uri("api/v1/datasets/validate?dryRun=true&file=notes.jsonl", UriKind.Relative), body);
        using var said = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal((false, 1, 1), (said.RootElement.GetProperty("sealed").GetBoolean(), said.RootElement.GetProperty("ledger").GetProperty("accepted").GetInt32(), said.RootElement.GetProperty("ledger").GetProperty("quarantined").GetInt32()));
        Assert.Equal(before, Files(world.Home()));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await http.PostAsync(new Uri("api/v1/datasets/validate", UriKind.Relative), new ByteArrayContent([]))).StatusCode);
    }

    private static List<string> Files(string home) => [.. Directory.EnumerateFiles(home, "*", SearchOption.AllDirectories).Where(f => f.Contains("blobs", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    private static Task<(int Exit, string Output, string Errors)> RunAsync(TemperProcess server, params string[] arguments) =>
        TemperProcess.RunAsync([.. arguments, "--server", server.Address.ToString()]);
}
