using System.Diagnostics;
using System.Text.Json;
using Temper.Testing;

namespace Temper.Hosts.Tests;

/// <summary>What comes to the door and is no file, has a hostile name, or is left out; and what a program is told of a command that cannot be understood.</summary>
public sealed class UploadDoorTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("--dry-run")]
    [InlineData("--quiet")]
    public async Task A_pipe_is_refused_by_its_name_also_inside_a_folder(string option)
    {
        if (OperatingSystem.IsWindows())
            return;
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder.Of("data", "sub"));
        File.WriteAllText(folder.Of("data", "a.jsonl"), "{\"text\": \"a\"}\n");
        MakePipe(folder.Of("data", "sub", "pipe.jsonl"));
        foreach (var path in (string[])[folder.Of("data"), folder.Of("data", "sub", "pipe.jsonl"), "/dev/zero"])
        {
            var (exit, _, errors) = await TemperProcess.RunAsync(["upload", path, "--dataset", "chats", "--server", "http://127.0.0.1:1", option]).WaitAsync(Soon);
            Assert.Equal(2, exit);
            Assert.Contains("upload_not_a_file", errors);
            Assert.Contains(path == folder.Of("data") ? "sub/pipe.jsonl is a pipe" : $"{path} is a pipe", errors);
        }
    }

    [Fact]
    public async Task Links_and_hidden_files_of_a_folder_are_counted_and_a_dry_run_looks_at_what_would_be_sent()
    {
        if (OperatingSystem.IsWindows())
            return;
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder.Of("data"));
        File.WriteAllText(folder.Of("other.jsonl"), "broken\n");
        File.WriteAllText(folder.Of("data", "a.jsonl"), "{\"text\": \"a\"}\n");
        File.WriteAllText(folder.Of("data", ".hidden.jsonl"), "broken\n");
        File.CreateSymbolicLink(folder.Of("data", "b.jsonl"), folder.Of("other.jsonl"));
        File.CreateSymbolicLink(folder.Of("data", "c.jsonl"), folder.Of("gone.jsonl"));
        var (exit, output, errors) = await TemperProcess.RunAsync(["upload", folder.Of("data"), "--dry-run", "--json"]);
        Assert.True(exit == 0, errors);
        Assert.Contains("not sent: 1 hidden, 2 links", errors);
        var said = JsonDocument.Parse(output).RootElement;
        Assert.Equal((2, 1), (said.GetProperty("left_out").GetProperty("link").GetInt32(), said.GetProperty("left_out").GetProperty("hidden").GetInt32()));
        Assert.Equal(1, said.GetProperty("ledger").GetProperty("records_in").GetInt32());
        Assert.Contains("1 record in = 1 accepted + 0 quarantined + 0 duplicates", (await TemperProcess.RunAsync(["upload", folder.Of("data"), "--dry-run"])).Output);
    }

    [Fact]
    public async Task A_dry_run_says_of_hostile_names_what_the_server_says()
    {
        if (OperatingSystem.IsWindows())
            return;
        using var world = new TinyWorld();
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder.Of("data"));
        foreach (var name in (string[])["con.jsonl", "a\\b.jsonl", "A.jsonl", "a.jsonl", "cafe\u0301.jsonl", "we\u202eird.jsonl"])
            File.WriteAllText(folder.Of("data", name), "{\"text\": \"a\"}\n");
        using var server = await TemperProcess.UpAsync(world.Home());
        var real = await TemperProcess.RunAsync(["upload", folder.Of("data"), "--dataset", "chats", "--json", "--server", server.Address.AbsoluteUri]);
        var dry = await TemperProcess.RunAsync(["upload", folder.Of("data"), "--dataset", "chats", "--json", "--dry-run"]);
        Assert.Equal((2, 2), (real.Exit, dry.Exit));
        Assert.Equal(Facts(real.Output), Facts(dry.Output));
        Assert.Contains(Facts(dry.Output), fact => fact.StartsWith("path_collision", StringComparison.Ordinal));
        using var http = new HttpClient { BaseAddress = server.Address };
        using var body = new ByteArrayContent("{\"text\": \"a\"}\n"u8.ToArray());
        using var answer = await http.PostAsync(new Uri("api/v1/datasets/validate?dryRun=true&file=con.jsonl", UriKind.Relative), body);
        Assert.Contains("path_invalid", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Labels_that_a_plain_text_does_not_keep_are_told_of_with_the_format_that_reads_them()
    {
        using var folder = new TempFolder();
        File.WriteAllLines(folder.Of("cls.jsonl"), Enumerable.Range(0, 12).Select(i => $$"""{"text": "mail number {{i}} about the {{(i % 2 == 0 ? "bill" : "door")}}", "label": "{{(i % 2 == 0 ? "money" : "house")}}"}"""));
        using var server = await TemperProcess.UpAsync(folder.Of("home"));
        string[] real = ["upload", folder.Of("cls.jsonl"), "--dataset", "mails", "--wait", "--server", server.Address.AbsoluteUri], dry = ["upload", folder.Of("cls.jsonl"), "--dry-run"];
        foreach (var verb in new[] { dry, real })
        {
            var (exit, shown, notes) = await TemperProcess.RunAsync(verb);
            Assert.Equal(0, exit);
            Assert.Contains("REC_UNKNOWN_KEY: 12 records (label 12)", shown);
            Assert.Contains("format: classification", shown + notes);
            var warning = JsonDocument.Parse((await TemperProcess.RunAsync([.. verb, "--json"])).Output).RootElement.GetProperty("warnings").GetProperty("REC_UNKNOWN_KEY");
            Assert.Equal(12, warning.GetProperty("count").GetInt32());
            Assert.Contains("`format: classification`", warning.GetProperty("hint").GetString());
        }
    }

    [Theory]
    [InlineData("jobz --json", "There is no verb 'jobz'; did you mean `jobs`?")]
    [InlineData("--json data search", "NAME is missing: NAME, NAME:VERSION or NAME#COMMIT.")]
    [InlineData("chat bot hi --seed x --json", "--seed takes a whole number, not 'x'.")]
    public async Task A_program_gets_an_error_of_usage_as_json(string arguments, string message)
    {
        var (exit, output, errors) = await TemperProcess.RunAsync(arguments.Split(' '));
        Assert.Equal(2, exit);
        var error = JsonDocument.Parse(output).RootElement.GetProperty("error");
        Assert.Equal("usage", error.GetProperty("code").GetString());
        Assert.Contains(error.GetProperty("errors").EnumerateArray(), e => e.GetProperty("message").GetString() == message && e.GetProperty("hint").GetString()!.Contains("--help`", StringComparison.Ordinal));
        Assert.Contains(message, errors);
    }

    private static List<string> Facts(string output) =>
        [.. JsonDocument.Parse(output).RootElement.GetProperty("error").GetProperty("errors").EnumerateArray().Select(e => $"{e.GetProperty("code").GetString()}: {e.GetProperty("message").GetString()}")];

    private static void MakePipe(string path)
    {
        using var made = Process.Start("mkfifo", [path]);
        made.WaitForExit();
        Assert.Equal(0, made.ExitCode);
    }
}
