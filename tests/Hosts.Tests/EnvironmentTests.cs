using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Temper.Registry;
using Temper.Testing;

namespace Temper.Hosts.Tests;

/// <summary>When the machine says no: clear words, exit 5, nothing lost. And the command line's own promises.</summary>
public sealed class EnvironmentTests
{
    [Fact]
    public async Task A_port_in_use_is_named_with_a_remedy()
    {
        using var folder = new TempFolder();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        var (exit, _, errors) = await TemperProcess.RunAsync(["up", "--home", folder.Of("home"), "--port", $"{port}"]);
        Assert.Equal(5, exit);
        Assert.Contains($"port_in_use: Port {port}", errors);
        Assert.Contains("--port", errors);
    }

    [Fact]
    public async Task A_second_server_on_one_home_is_told_where_the_first_one_is()
    {
        using var folder = new TempFolder();
        using var first = await TemperProcess.UpAsync(folder.Of("home"));
        var (exit, _, errors) = await TemperProcess.RunAsync(["up", "--home", folder.Of("home"), "--port", "0"]);
        Assert.Equal(5, exit);
        Assert.Contains("home_in_use", errors);
        Assert.Contains(first.Address.AbsoluteUri.TrimEnd('/'), errors);
    }

    [Fact]
    public async Task A_killed_server_leaves_no_lock_behind()
    {
        using var folder = new TempFolder();
        using (var first = await TemperProcess.UpAsync(folder.Of("home")))
            first.Kill();
        using var second = await TemperProcess.UpAsync(folder.Of("home"));
        Assert.False(second.HasExited);
    }

    [Fact]
    public async Task A_home_that_cannot_be_written_is_named()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.Of("file"), "");
        var (exit, _, errors) = await TemperProcess.RunAsync(["up", "--home", folder.Of("file", "home"), "--port", "0"]);
        Assert.Equal(5, exit);
        Assert.Contains(folder.Of("file", "home"), errors);
    }

    [Fact]
    public async Task Without_a_server_a_verb_says_how_to_start_one()
    {
        using var folder = new TempFolder();
        var (exit, _, errors) = await TemperProcess.RunAsync(["models", "--home", folder.Of("home")]);
        Assert.Equal(5, exit);
        Assert.Contains("temper up", errors);
        var (unreachable, _, _) = await TemperProcess.RunAsync(["models", "--server", "http://127.0.0.1:1"]);
        Assert.Equal(5, unreachable);
    }

    [Fact]
    public async Task An_address_that_others_can_reach_needs_a_key()
    {
        using var folder = new TempFolder();
        var (exit, _, errors) = await TemperProcess.RunAsync(["up", "--home", folder.Of("home"), "--host", "0.0.0.0", "--port", "0"]);
        Assert.Equal(2, exit);
        Assert.Contains("TEMPER_API_KEY", errors);
    }

    [Fact]
    public async Task With_a_key_only_those_who_have_it_are_answered()
    {
        using var folder = new TempFolder();
        const string Key = "a key of more than sixteen characters";
        using var server = await TemperProcess.UpAsync(folder.Of("home"), 0, ("TEMPER_API_KEY", Key));
        Assert.Equal(6, (await TemperProcess.RunAsync(["models", "--server", server.Address.AbsoluteUri], ("TEMPER_API_KEY", ""))).Exit);
        Assert.Equal(0, (await TemperProcess.RunAsync(["models", "--server", server.Address.AbsoluteUri], ("TEMPER_API_KEY", Key))).Exit);
        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri(server.Address, "health/live"))).StatusCode);
    }

    [Fact]
    public async Task A_registry_that_is_asked_to_chat_is_no_fault_of_the_program_but_the_wrong_address()
    {
        using var folder = new TempFolder();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.AddRegistry(new() { Database = folder.Of("state.db"), Blobs = folder.Of("blobs") });
        await using var registry = builder.Build();
        registry.MapRegistry();
        await registry.StartAsync();
        var (exit, _, errors) = await TemperProcess.RunAsync(["chat", "bot", "Where?", "--server", registry.Urls.Single()]);
        Assert.Equal(1, exit);
        Assert.Contains("--server URL", errors);
        Assert.DoesNotContain("internal", errors);
    }

    [Fact]
    public async Task A_page_that_calls_itself_something_else_does_not_reach_a_server_without_a_key()
    {
        using var folder = new TempFolder();
        using var server = await TemperProcess.UpAsync(folder.Of("home"));
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Address, "api/v1/models")) { Headers = { Host = "evil.example" } };
        Assert.Equal(HttpStatusCode.BadRequest, (await http.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task Asked_to_stop_a_server_ends_at_once_and_cleanly()
    {
        using var folder = new TempFolder();
        using var server = await TemperProcess.UpAsync(folder.Of("home"));
        await Task.Delay(500);
        server.Signal("TERM");
        await server.ExitAsync(TimeSpan.FromSeconds(60));
        Assert.False(File.Exists(folder.Of("home", "server.json")));
    }

    [Theory]
    [InlineData("jobz")]
    [InlineData("upload")]
    [InlineData("worker --roles paint --server http://127.0.0.1:1")]
    public async Task A_wrong_command_line_exits_with_2(string arguments) => Assert.Equal(2, (await TemperProcess.RunAsync(arguments.Split(' '))).Exit);

    [Fact]
    public async Task Every_mistake_of_a_recipe_is_named_at_once_with_its_line()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.Of("bad.yaml"), "version: 1\nmodel_name_or_path: base\noutput: bot\ntraining:\n  learning_rte: 1e-3\n  warmup_ratio: 3\nlora: {r: 0}\n");
        var (exit, _, errors) = await TemperProcess.RunAsync(["train", folder.Of("bad.yaml"), "--server", "http://127.0.0.1:1"]);
        Assert.Equal(2, exit);
        Assert.Contains("bad.yaml:5", errors);
        Assert.Contains("bad.yaml:6", errors);
        Assert.Contains("bad.yaml:7", errors);
        Assert.Contains("learning_rate", errors);
    }

    [Fact]
    public async Task Under_json_every_list_is_one_document()
    {
        using var folder = new TempFolder();
        using var server = await TemperProcess.UpAsync(folder.Of("home"));
        foreach (var verb in (string[])["datasets", "models", "jobs", "explain"])
        {
            var (exit, output, _) = await TemperProcess.RunAsync([verb, "--json", "--server", server.Address.AbsoluteUri]);
            Assert.Equal(0, exit);
            Assert.Equal(JsonValueKind.Array, JsonDocument.Parse(output).RootElement.ValueKind);
        }
        Assert.Equal(1, (await TemperProcess.RunAsync(["models", "nobody", "--server", server.Address.AbsoluteUri])).Exit);
    }
}
