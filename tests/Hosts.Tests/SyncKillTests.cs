using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Temper.Cli;
using Temper.Testing;
using Temper.Versioning.Care;
using Temper.Versioning.Repositories;

namespace Temper.Hosts.Tests;

/// <summary><c>kill -9</c> at named durable steps of a push or a clone, of the server or of the client: running the same again is all that is needed.</summary>
public sealed class SyncKillTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("repo.piece_stored")]
    [InlineData("repo.pack_written")]
    [InlineData("repo.pack_recorded")]
    [InlineData("repo.refs_updated")]
    public async Task A_push_outlives_the_death_of_its_server(string step)
    {
        var commit = await MakeAsync();
        var (home, port) = (_folder.Of("home"), FreePort());
        using var doomed = await TemperProcess.UpAsync(home, port, ("TEMPER_CRASH_AT", step));
        await RunAsync("ada", 0, "remote", "add", "origin", $"http://127.0.0.1:{port}/team/model");
        var push = RunAsync("ada", 0, "push", "--create", "-u", "origin", "main");
        Assert.NotEqual(0, await doomed.ExitAsync(TimeSpan.FromSeconds(60)));
        using var next = await TemperProcess.UpAsync(home, port);
        await push;
        Assert.Equal($"{commit}\trefs/heads/main\n", await RunAsync("ada", 0, "ls-remote", "--heads"));
        await AssertCloneAsync($"http://127.0.0.1:{port}/team/model", "bob");
    }

    [Theory]
    [InlineData("repo.packs_noted")]
    [InlineData("repo.pack_forgotten")]
    [InlineData("repo.pack_removed")]
    public async Task A_collection_outlives_the_death_of_its_server(string step)
    {
        var commit = await MakeAsync();
        var (home, port) = (_folder.Of("home"), FreePort());
        using (var server = await TemperProcess.UpAsync(home, port))
        {
            await RunAsync("ada", 0, "remote", "add", "origin", $"http://127.0.0.1:{port}/team/model");
            await RunAsync("ada", 0, "push", "--create", "-u", "origin", "main");
            await File.WriteAllTextAsync(_folder.Of("ada", "trial.md"), "# A trial\n");
            await RunAsync("ada", 0, "add", "-A");
            await RunAsync("ada", 0, "commit", "-m", "trial");
            await RunAsync("ada", 0, "push", "origin", "main:trial");
            await RunAsync("ada", 0, "push", "origin", "--delete", "trial");
        }
        await AgeAsync(home, noted: step != "repo.packs_noted");
        // The server collects as soon as it is up, maybe before it can say so.
        using (var doomed = TemperProcess.Start(["up", "--home", home, "--port", $"{port}", "--threads", "1"], ("TEMPER_CRASH_AT", step)))
            Assert.NotEqual(0, await doomed.ExitAsync(TimeSpan.FromSeconds(60)));
        using var next = await TemperProcess.UpAsync(home, port);
        await AgeAsync(home, noted: true);
        using var client = next.Client();
        await client.Repositories.CollectAsync(new(1), default);
        var end = await client.Repositories.CollectAsync(new(1, DryRun: true), default);
        Assert.Equal((1, 0, 0, 0), (end.Packs, end.Noted, end.Removed, end.Broken.Count));
        Assert.Single(Directory.GetFiles(Path.Combine(home, "blobs"), "*", SearchOption.AllDirectories), file => file.Contains("packs", StringComparison.Ordinal));
        Assert.Equal($"{commit}\trefs/heads/main\n", await RunAsync("ada", 0, "ls-remote", "--heads"));
        await RunAsync(".", 0, "clone", $"http://127.0.0.1:{port}/team/model", "bob");
        Assert.Equal(await File.ReadAllBytesAsync(_folder.Of("ada", "model.bin")), await File.ReadAllBytesAsync(_folder.Of("bob", "model.bin")));
        // What went is pushed again as if it had never been there.
        await RunAsync("ada", 0, "push", "origin", "main:trial");
        await RunAsync(".", 0, "clone", "-b", "trial", $"http://127.0.0.1:{port}/team/model", "eve");
        Assert.Equal("# A trial\n", await File.ReadAllTextAsync(_folder.Of("eve", "trial.md")));
    }

    /// <summary>As if all that a server has was pushed, deleted and, where so, noted long ago.</summary>
    private static async Task AgeAsync(string home, bool noted)
    {
        await using var db = Temper.Storage.Sql.Db.Sqlite(Path.Combine(home, "registry.db"));
        await db.ExecuteAsync("update packs set created_ms = 1; update repo_reflog set at_ms = 1; delete from lease_objects; delete from leases; update collection set marked_moves = -1", null, default);
        if (noted)
            await db.ExecuteAsync("insert into dead_packs (pack_id, since_ms) select id, 1 from packs where true on conflict do nothing; update dead_packs set since_ms = 1", null, default);
    }

    [Fact]
    public async Task A_client_that_was_killed_anywhere_ends_what_it_began_when_it_is_run_again()
    {
        var commit = await MakeAsync();
        using var server = await TemperProcess.UpAsync(_folder.Of("home"), 0);
        var url = new Uri(server.Address, "team/model").ToString();
        await RunAsync("ada", 0, "remote", "add", "origin", url);
        foreach (var step in new[] { "vcs.pack_sent", "vcs.pack_taken" })
            await DiesAsync(step, "push", "-C", _folder.Of("ada"), "--create", "origin", "main");
        Assert.Equal("", await RunAsync("ada", 0, "ls-remote", "--heads"));
        await RunAsync("ada", 0, "push", "-u", "origin", "main");
        Assert.Equal($"{commit}\trefs/heads/main\n", await RunAsync("ada", 0, "ls-remote", "--heads"));
        foreach (var step in new[] { "vcs.pack_written", "vcs.graph_fetched", "vcs.objects_fetched", "vcs.refs_moved", "vcs.refs_logged", "vcs.file_written", "vcs.head_written" })
        {
            await DiesAsync(step, "clone", url, _folder.Of(step));
            await AssertCloneAsync(url, step);
        }
    }

    private async Task AssertCloneAsync(string url, string name)
    {
        await RunAsync(".", 0, "clone", url, name);
        Assert.Equal("", await RunAsync(name, 0, "status", "--porcelain"));
        Assert.Equal(await File.ReadAllBytesAsync(_folder.Of("ada", "model.bin")), await File.ReadAllBytesAsync(_folder.Of(name, "model.bin")));
        await using var repository = await Repository.OpenAsync(_folder.Of(name), TimeProvider.System, default);
        Assert.Empty((await RepositoryCheck.RunAsync(repository, full: true, null, default)).Problems);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task DiesAsync(string step, params string[] arguments)
    {
        var (exit, _, errors) = await TemperProcess.RunAsync(arguments, ("TEMPER_CRASH_AT", step));
        Assert.True(exit is 137 or < 0, $"nobody died at {step}: exit {exit}\n{errors}");
    }

    private async Task<string> MakeAsync()
    {
        await RunAsync(".", 0, "init", "--name", "Ada", "--email", "ada@example.org", "ada");
        var model = new byte[3_000_000];
        for (var n = 0; n < model.Length; n++)
            model[n] = (byte)(n * 2_654_435_761L >> 11);
        await File.WriteAllBytesAsync(_folder.Of("ada", "model.bin"), model);
        await File.WriteAllTextAsync(_folder.Of("ada", "card.md"), "# A model\n");
        await RunAsync("ada", 0, "add", "-A");
        await RunAsync("ada", 0, "commit", "-m", "first");
        return JsonElement.Parse(await RunAsync("ada", 0, "branch", "--json"))[0].GetProperty("commit").GetString()!;
    }

    private async Task<string> RunAsync(string folder, int code, params string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter();
        var at = arguments[0] == "remote" ? 2 : 1;
        string[] all = [.. arguments[..at], "-C", _folder.Of(folder), .. arguments[at..]];
        var found = await CommandLine.Build(all).Parse(all).InvokeAsync(new() { Output = output, Error = error });
        Assert.True(code == found, $"temper {string.Join(' ', all)} gave {found}: {error}");
        return output.ToString();
    }
}
