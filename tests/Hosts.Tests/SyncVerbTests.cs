using System.CommandLine;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Temper.Cli;
using Temper.Registry;
using Temper.Testing;

namespace Temper.Hosts.Tests;

/// <summary>remote, push, fetch, pull and clone as people type them, between folders and a server.</summary>
public sealed class SyncVerbTests : IAsyncLifetime, IDisposable
{
    private readonly TempFolder _folder = new();
    private WebApplication _server = null!;

    private string Url => $"{_server.Urls.Single()}/team/model";

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.AddRegistry(new() { Database = _folder.Of("state.db"), Blobs = _folder.Of("blobs") });
        _server = builder.Build();
        _server.MapRegistry();
        await _server.StartAsync();
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Two_people_work_on_one_model_over_a_server()
    {
        await MakeAsync("ada", ("a.txt", "one\n"), ("sub/b.txt", "two\n"));
        await RunAsync("ada", 0, "remote", "add", "origin", Url);
        Assert.Equal($"origin\t{Url} (fetch)\norigin\t{Url} (push)\n", await RunAsync("ada", 0, "remote", "-v"));
        await RunAsync("ada", 128, "push", "-u", "origin", "main");
        await RunAsync("ada", 0, "push", "--create", "-u", "origin", "main");
        await RunAsync(".", 0, "clone", Url, "bob");
        Assert.Equal("one\n", await File.ReadAllTextAsync(_folder.Of("bob", "a.txt")));
        Assert.Equal("", await RunAsync("bob", 0, "status", "--porcelain"));
        await EditAsync("bob", "a.txt", "one, better\n");
        await RunAsync("bob", 0, "push");
        Assert.Contains("refs/heads/main", await RunAsync("ada", 0, "ls-remote"), StringComparison.Ordinal);
        await RunAsync("ada", 0, "pull", "--ff-only");
        Assert.Equal("one, better\n", await File.ReadAllTextAsync(_folder.Of("ada", "a.txt")));
        await EditAsync("ada", "a.txt", "by ada\n");
        await RunAsync("ada", 0, "push");
        await EditAsync("bob", "sub/b.txt", "by bob\n");
        await RunAsync("bob", 6, "push");
        await RunAsync("bob", 128, "pull", "--ff-only");
        await RunAsync("bob", 6, "push", "--force-with-lease=main:HEAD", "origin", "main");
        await RunAsync("bob", 0, "pull");
        Assert.Equal(("by ada\n", "by bob\n"), (await File.ReadAllTextAsync(_folder.Of("bob", "a.txt")), await File.ReadAllTextAsync(_folder.Of("bob", "sub", "b.txt"))));
        await RunAsync("bob", 0, "push");
        await RunAsync("bob", 0, "push", "origin", "main:trial");
        await RunAsync("bob", 0, "push", "origin", "--delete", "trial");
        Assert.DoesNotContain("trial", await RunAsync("ada", 0, "ls-remote"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_clone_of_a_part_fetches_the_rest_when_it_is_checked_out()
    {
        await MakeAsync("ada", ("a.txt", "one\n"), ("big/model.bin", new string('x', 400_000)), ("other/b.txt", "b\n"));
        await EditAsync("ada", "a.txt", "two\n");
        await RunAsync("ada", 0, "remote", "add", "origin", Url);
        await RunAsync("ada", 0, "push", "--create", "origin", "main");
        await RunAsync(".", 0, "clone", "--filter", "size:100k", "--no-checkout", Url, "partial");
        await RunAsync("partial", 0, "reset", "--hard");
        Assert.Equal(400_000, new FileInfo(_folder.Of("partial", "big", "model.bin")).Length);
        await RunAsync(".", 0, "clone", "--sparse", "other", Url, "sparse");
        Assert.True(File.Exists(_folder.Of("sparse", "other", "b.txt")));
        Assert.False(Directory.Exists(_folder.Of("sparse", "big")));
        Assert.Equal("", await RunAsync("sparse", 0, "status", "--porcelain"));
        await EditAsync("sparse", "a.txt", "three\n");
        Assert.Equal("a.txt\nbig/model.bin\nother/b.txt\n", await RunAsync("sparse", 0, "ls-files"));
        await RunAsync("sparse", 0, "push");
        await RunAsync(".", 0, "clone", "--depth", "1", Url, "shallow");
        Assert.Single(await File.ReadAllLinesAsync(_folder.Of("shallow", ".temper", "shallow")));
        Assert.Single((await RunAsync("shallow", 0, "log", "--oneline")).Trim().Split('\n'));
        Assert.Equal("three\n", await File.ReadAllTextAsync(_folder.Of("shallow", "a.txt")));
        await RunAsync("shallow", 0, "fetch", "--unshallow");
        Assert.False(File.Exists(_folder.Of("shallow", ".temper", "shallow")));
        Assert.Equal(3, (await RunAsync("shallow", 0, "log", "--oneline")).Trim().Split('\n').Length);
    }

    [Fact]
    public async Task Folders_are_remotes_too_and_remotes_are_renamed_and_forgotten()
    {
        await MakeAsync("ada", ("a.txt", "one\n"));
        await RunAsync(".", 0, "clone", "--bare", "ada", "shared");
        await RunAsync("ada", 0, "remote", "add", "shared", _folder.Of("shared"));
        await EditAsync("ada", "a.txt", "two\n");
        await RunAsync("ada", 0, "tag", "v1");
        await RunAsync("ada", 0, "push", "-u", "--tags", "shared", "main");
        await RunAsync(".", 0, "clone", "-b", "v1", "shared", "bob");
        Assert.Equal("two\n", await File.ReadAllTextAsync(_folder.Of("bob", "a.txt")));
        await RunAsync("ada", 0, "remote", "rename", "shared", "backup");
        Assert.Equal("backup\n", await RunAsync("ada", 0, "remote"));
        await RunAsync("ada", 0, "push");
        await RunAsync("ada", 0, "remote", "remove", "backup");
        Assert.Equal("", await RunAsync("ada", 0, "remote"));
        await RunAsync("ada", 128, "fetch", "backup");
        await RunAsync(".", 128, "clone", "ada", "bob");
        await RunAsync(".", 128, "clone", "nowhere");
        Assert.False(Directory.Exists(_folder.Of("nowhere")));
    }

    private async Task MakeAsync(string name, params (string Path, string Text)[] files)
    {
        await RunAsync(".", 0, "init", "--name", "Ada", "--email", "ada@example.org", name);
        foreach (var (path, text) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder.Of(name, path))!);
            await File.WriteAllTextAsync(_folder.Of(name, path), text);
        }
        await RunAsync(name, 0, "add", "-A");
        await RunAsync(name, 0, "commit", "-m", "first");
    }

    private async Task EditAsync(string name, string path, string text)
    {
        await File.WriteAllTextAsync(_folder.Of(name, path), text);
        await RunAsync(name, 0, "config", "user.name", "Ada");
        await RunAsync(name, 0, "config", "user.email", "ada@example.org");
        await RunAsync(name, 0, "commit", "-am", $"edit {path}");
    }

    private async Task<string> RunAsync(string folder, int code, params string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter();
        var at = arguments[0] == "remote" && arguments.Length > 1 && arguments[1][0] != '-' ? 2 : 1;
        string[] all = [.. arguments[..at], "--at", _folder.Of(folder), .. arguments[at..]];
        var found = await CommandLine.Build(all).Parse(all).InvokeAsync(new() { Output = output, Error = error });
        Assert.True(code == found, $"temper {string.Join(' ', all)} gave {found}: {error}");
        return output.ToString();
    }
}
