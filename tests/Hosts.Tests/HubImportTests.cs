using System.Text.Json;
using Temper.Testing;
using Temper.Testing.Servers;

namespace Temper.Hosts.Tests;

/// <summary><c>temper import</c>: the real program, a real server, and a hub of ours on loopback.</summary>
public sealed class HubImportTests : IDisposable
{
    private readonly TinyWorld _world = new();
    private readonly TempFolder _folder = new();

    public void Dispose()
    {
        _world.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_model_of_a_hub_becomes_a_version_and_a_killed_download_is_continued()
    {
        await using var hub = await HubServer.StartAsync(_world.Base);
        hub.Token = "hf_secret";
        using var server = await TemperProcess.UpAsync(_world.Home());
        string[] arguments = ["import", $"hf:{HubServer.Repository}@v1.0", "--server", server.Address.AbsoluteUri, "--home", _world.Home("client"), "--json"];
        (string, string)[] variables = [("HF_ENDPOINT", hub.Address.AbsoluteUri), ("HF_TOKEN", "hf_secret")];

        var begun = new TaskCompletionSource();
        var weights = await File.ReadAllBytesAsync(Path.Combine(_world.Base, "model.safetensors"));
        hub.Fault = async (host, context) =>
        {
            if (host != "store") return false;
            context.Response.ContentLength = weights.Length;
            context.Response.Headers.ETag = HubServer.EtagOf(weights);
            await context.Response.Body.WriteAsync(weights.AsMemory(0, 20_000));
            await context.Response.Body.FlushAsync();
            begun.TrySetResult();
            await Task.Delay(TimeSpan.FromMinutes(1), context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };
        using (var first = TemperProcess.Start(arguments, variables))
        {
            await begun.Task.WaitAsync(TimeSpan.FromMinutes(1));
            await WaitAsync(() => Directory.GetFiles(_world.Home("client"), "*.part", SearchOption.AllDirectories).Any(part => new FileInfo(part).Length == 20_000));
            first.Kill();
        }

        hub.Fault = (_, _) => Task.FromResult(false);
        var (exit, output, errors) = await TemperProcess.RunAsync(arguments, variables);
        Assert.True(exit == 0, errors);
        Assert.Equal("bytes=20000-", hub.Requests.Last(r => r.Host == "store").Range);
        Assert.DoesNotContain("hf_secret", output + errors, StringComparison.Ordinal);
        var pin = JsonDocument.Parse(output).RootElement.GetProperty("pin");
        Assert.Equal(("tiny-model", 1), (pin.GetProperty("name").GetString(), pin.GetProperty("version").GetInt32()));
        Assert.Contains(pin.GetProperty("files").EnumerateArray(), f => f.GetProperty("path").GetString() == "source.json");
        Assert.Empty(Directory.GetFiles(_world.Home("client"), "*.safetensors", SearchOption.AllDirectories));
        var again = await TemperProcess.RunAsync(arguments, variables);
        Assert.Equal(1, JsonDocument.Parse(again.Output).RootElement.GetProperty("pin").GetProperty("version").GetInt32());
    }

    [Fact]
    public async Task An_import_killed_after_a_file_was_stored_fetches_it_no_more()
    {
        await using var hub = await HubServer.StartAsync(_world.Base);
        using var server = await TemperProcess.UpAsync(_world.Home());
        string[] arguments = ["import", $"hf:{HubServer.Repository}", "--name", "mine", "--server", server.Address.AbsoluteUri, "--home", _world.Home("client"), "--json"];
        using (var doomed = TemperProcess.Start(arguments, ("HF_ENDPOINT", hub.Address.AbsoluteUri), ("TEMPER_CRASH_AT", "hub.file_stored:2")))
            Assert.NotEqual(0, await doomed.ExitAsync(TimeSpan.FromMinutes(1)));
        var (exit, _, errors) = await TemperProcess.RunAsync(arguments, ("HF_ENDPOINT", hub.Address.AbsoluteUri));
        Assert.True(exit == 0, errors);
        Assert.All(hub.Requests.Where(r => r.Path.Contains("resolve", StringComparison.Ordinal)).GroupBy(r => r.Path), path => Assert.Single(path));
    }

    [Fact]
    public async Task All_that_is_wrong_with_a_folder_is_said_at_once_and_nothing_is_sent()
    {
        using var server = await TemperProcess.UpAsync(_world.Home());
        File.WriteAllText(Path.Combine(_world.Base, "config.json"), """{"model_type": "llama", "hidden_size": -1}""");
        File.WriteAllText(Path.Combine(_world.Base, "generation_config.json"), "[");
        File.WriteAllText(Path.Combine(_world.Base, "tokenizer.json"), "{}");
        File.Move(Path.Combine(_world.Base, "model.safetensors"), Path.Combine(_world.Base, "pytorch_model.bin"));
        var (exit, output, errors) = await TemperProcess.RunAsync(["import", _world.Base, "--server", server.Address.AbsoluteUri, "--json"]);
        Assert.Equal(2, exit);
        var codes = JsonDocument.Parse(output).RootElement.GetProperty("error").GetProperty("errors").EnumerateArray().Select(p => p.GetProperty("code").GetString()).ToHashSet();
        Assert.Superset(new HashSet<string?> { "config_invalid", "tokenizer_invalid", "pickle_refused" }, codes);
        Assert.Contains("generation_config.json", errors, StringComparison.Ordinal);
        Assert.Equal("[]", (await TemperProcess.RunAsync(["models", "--server", server.Address.AbsoluteUri, "--json"])).Output.Trim());
    }

    [Fact]
    public async Task Pickle_files_beside_the_weights_stay_behind()
    {
        using var server = await TemperProcess.UpAsync(_world.Home());
        File.WriteAllText(Path.Combine(_world.Base, "pytorch_model.bin"), "");
        var (exit, output, errors) = await TemperProcess.RunAsync(["import", _world.Base, "--server", server.Address.AbsoluteUri, "--json"]);
        Assert.True(exit == 0, errors);
        Assert.Contains("left out: pytorch_model.bin", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("pytorch_model.bin", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hf:a/b/c", "", "hub_reference_invalid", 2)]
    [InlineData("hf:a/b", "not an address", "HF_ENDPOINT", 2)]
    [InlineData("hf:a/b", "http://user:secret@127.0.0.1:1", "HF_ENDPOINT", 2)]
    [InlineData("./nowhere", "", "not_found", 1)]
    public async Task What_cannot_be_imported_is_said(string source, string endpoint, string text, int code)
    {
        var (exit, _, errors) = await TemperProcess.RunAsync(["import", source, "--server", "http://127.0.0.1:1"], ("HF_ENDPOINT", endpoint));
        Assert.Equal(code, exit);
        Assert.Contains(text, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", errors, StringComparison.Ordinal);
    }

    private static async Task WaitAsync(Func<bool> done)
    {
        for (var attempt = 0; attempt < 600 && !done(); attempt++)
            await Task.Delay(50);
        Assert.True(done());
    }
}
