using System.Diagnostics;
using System.Text.Json;
using Temper.Testing;

namespace Temper.Hosts.Tests;

/// <summary>The whole promise, as a newcomer sees it: the real program, a fresh home, nothing else.</summary>
public sealed class DemoTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    [Fact]
    public async Task The_demo_learns_what_it_was_taught_and_says_so_in_one_document()
    {
        using var folder = new TempFolder();
        // Killed while the base is trained: the same command goes on from its last checkpoint.
        Assert.NotEqual(0, (await RunAsync(["demo", "--home", folder.Of("home")], ("TEMPER_CRASH_AT", "train.checkpoint_done:2"))).Exit);
        var (exit, output, progress) = await RunAsync(["demo", "--json", "--home", folder.Of("home")]);

        Assert.True(exit == 0, $"exit {exit}\n{output}\n{progress}");
        using var document = JsonDocument.Parse(output);
        var root = document.RootElement;
        Assert.Equal(["dataset", "job", "model", "before", "after", "seconds"], root.EnumerateObject().Select(p => p.Name));
        Assert.Equal(Ledger(), Ledger(root.GetProperty("dataset")));
        Assert.Equal("completed", root.GetProperty("job").GetProperty("status").GetString());
        Assert.True(root.GetProperty("job").GetProperty("steps").GetInt32() > 100);
        Assert.InRange(root.GetProperty("job").GetProperty("final_loss").GetDouble(), 0, 1);
        Assert.Equal("support-bot", root.GetProperty("model").GetProperty("name").GetString());
        Assert.Equal(1, root.GetProperty("model").GetProperty("version").GetInt32());
        Assert.Matches("^[0-9a-f]{64}$", root.GetProperty("model").GetProperty("commit").GetString());
        Assert.InRange(root.GetProperty("before").GetProperty("exact_match").GetDouble(), 0, 0.10);
        Assert.InRange(root.GetProperty("after").GetProperty("exact_match").GetDouble(), 0.95, 1);
        Assert.InRange(root.GetProperty("after").GetProperty("paraphrase_match").GetDouble(), 0.60, 1);
        Assert.True(root.GetProperty("seconds").GetProperty("total").GetDouble() > 0);
        Assert.Contains("train:", progress);
        Assert.DoesNotContain("base: 0 %", progress);
        Assert.DoesNotContain(Directory.GetDirectories(folder.Of("home")), left => left.Contains("-work", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_demo_has_no_use_for_another_server()
    {
        var (exit, _, errors) = await RunAsync(["demo", "--server", "http://127.0.0.1:1"]);
        Assert.Equal(2, exit);
        Assert.Contains("a server of its own", errors);
    }

    private static (long, long, long, long, long) Ledger()
    {
        using var expected = JsonDocument.Parse(File.ReadAllBytes(RepoRoot.Of("samples", "support-bot-expected.json")));
        return Ledger(expected.RootElement);
    }

    private static (long, long, long, long, long) Ledger(JsonElement counts)
    {
        long Of(string name) => counts.GetProperty(name).GetInt64();
        return (Of("records_in"), Of("accepted"), Of("quarantined"), Of("duplicates"), Of("filtered"));
    }

    private static async Task<(int Exit, string Output, string Errors)> RunAsync(string[] arguments, params (string Name, string Value)[] variables)
    {
        var program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "temper.exe" : "temper");
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Patience);
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
        try
        {
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"temper {string.Join(' ', arguments)} did not end within {Patience}.");
        }
    }
}
