using System.Text;
using Temper.Testing;

namespace Temper.Hosts.Tests;

/// <summary>What the command line says to a newcomer: mistakes in words of the help, exit 2, nothing of .NET.</summary>
public sealed class UsageTests
{
    private const string Nobody = "http://127.0.0.1:1";

    [Theory]
    [InlineData("chat bot hi --seed x", "--seed takes a whole number, not 'x'.")]
    [InlineData("chat bot hi --temperature hot", "--temperature takes a number, not 'hot'.")]
    [InlineData("chat bot hi --max-tokens 0", "--max-tokens must be 1 or more; it is 0.")]
    [InlineData("render ./m - --labels --train-on nobody", "--train-on takes one of auto, assistant, completion, all, not 'nobody'.")]
    [InlineData("jobz", "There is no verb 'jobz'; did you mean `jobs`?")]
    [InlineData("chat bot hi --sede 1", "There is no option '--sede'; did you mean `--seed`?")]
    [InlineData("jobs --cancel", "--cancel needs the ID of a job")]
    [InlineData("jobs --follow", "--follow needs the ID of a job")]
    [InlineData("datasets --quarantine", "--quarantine needs the NAME of a dataset")]
    [InlineData("train /tmp", "/tmp is a folder")]
    [InlineData("up --host 999.1.1.1", "--host takes an address of this machine, not '999.1.1.1'.")]
    [InlineData("up --host 192.0.2.7", "--host takes an address of this machine, not '192.0.2.7'.")]
    [InlineData("up --port 99999", "--port must be 0 to 65535; it is 99999.")]
    [InlineData("up --port -1", "--port must be 0 to 65535; it is -1.")]
    [InlineData("up --threads -3", "--threads must be 0 or more; it is -3.")]
    [InlineData("worker --roles serve --port 99999", "--port must be 0 to 65535; it is 99999.")]
    [InlineData("plugins", "plugins needs one of ")]
    public async Task A_mistake_is_named_in_the_words_of_the_help(string arguments, string words)
    {
        var (exit, _, errors) = await TemperProcess.RunAsync([.. arguments.Split(' '), "--server", Nobody]);
        Assert.Equal(2, exit);
        Assert.Contains(words, errors);
        Assert.DoesNotContain("System.", errors);
    }

    [Fact]
    public async Task A_missing_argument_is_named_once_and_a_blank_question_refused()
    {
        var (exit, _, errors) = await TemperProcess.RunAsync(["upload", "--dataset", "chats"]);
        Assert.Equal(2, exit);
        Assert.Equal("temper: PATH is missing: File or folder to send.", Assert.Single(errors.Split('\n'), line => line.Contains("missing", StringComparison.Ordinal)).Trim());
        var (blank, _, said) = await TemperProcess.RunAsync(["chat", "bot", "  ", "--server", Nobody]);
        Assert.Equal(2, blank);
        Assert.Contains("The prompt is blank", said);
    }

    [Fact]
    public async Task Alone_it_shows_its_help_with_whole_sentences_and_one_name_for_each_argument()
    {
        var (exit, _, errors) = await TemperProcess.RunAsync([]);
        Assert.Equal(2, exit);
        Assert.Contains("temper demo", errors);
        var (_, help, _) = await TemperProcess.RunAsync(["--help"]);
        Assert.EndsWith(".", Assert.Single(help.Split('\n'), line => line.StartsWith("  import ", StringComparison.Ordinal)).Trim());
        var (_, upload, _) = await TemperProcess.RunAsync(["upload", "--help"]);
        Assert.Contains("<PATH>", upload);
        Assert.DoesNotContain("<path>", upload);
    }

    [Theory]
    [InlineData("--stdin")]
    [InlineData("argument")]
    public async Task A_question_that_is_no_utf8_is_refused(string way)
    {
        using var chat = TemperProcess.Start(["chat", "bot", .. way == "argument" ? (string[])["wh\uFFFDt"] : [], "--server", Nobody]);
        await chat.SendAsync([(byte)'a', 0xFF, (byte)'\n']);
        var (exit, _, errors) = await chat.EndAsync();
        Assert.Equal(2, exit);
        Assert.Contains("REC_INVALID_UTF8", errors);
    }

    [Fact]
    public async Task A_link_to_a_folder_above_is_left_out_with_one_line()
    {
        if (OperatingSystem.IsWindows())
            return;
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder.Of("data", ".git"));
        File.WriteAllText(folder.Of("data", "a.jsonl"), "{}\n");
        File.WriteAllText(folder.Of("data", ".git", "one"), "");
        File.WriteAllText(folder.Of("data", ".git", "two"), "");
        Directory.CreateSymbolicLink(folder.Of("data", "loop"), "..");
        var (_, _, errors) = await TemperProcess.RunAsync(["upload", folder.Of("data"), "--dataset", "chats", "--server", Nobody]);
        Assert.Equal(["left out: .git (hidden)", "left out: loop (a link to ..)"], errors.Split('\n').Where(line => line.StartsWith("left out", StringComparison.Ordinal)).Select(line => line.Trim()).Order());
    }

    [Fact]
    public async Task Data_that_is_refused_is_the_callers_and_is_shown_as_rejected()
    {
        using var world = new TinyWorld();
        using var server = await TemperProcess.UpAsync(world.Home());
        var config = Path.Combine(world.Data, "dataset.yaml");
        File.WriteAllText(config, "version: 1\nformat: messages\nmax_bad_fractio: 0.2\n");
        var (exit, _, errors) = await TemperProcess.RunAsync(["upload", world.Data, "--dataset", "flat", "--wait", "--server", server.Address.AbsoluteUri]);
        Assert.Equal(2, exit);
        Assert.Contains("'format' belongs under `datasets:` `- id: NAME`", errors);
        Assert.Contains("Did you mean 'max_bad_fraction'? It belongs under", errors);
        Assert.All(errors.Split('\n').Where(line => line.Contains("no key", StringComparison.Ordinal)), line => Assert.Equal(2, line.Split("dataset.yaml").Length));

        File.WriteAllText(config, "version: 1\ndatasets:\n  - {id: chats, format: messages, max_bad_fraction: 0.01}\n");
        var (rejected, _, _) = await TemperProcess.RunAsync(["upload", world.Data, "--dataset", "chats", "--wait", "--server", server.Address.AbsoluteUri]);
        Assert.Equal(2, rejected);
        var (_, datasets, _) = await TemperProcess.RunAsync(["datasets", "--server", server.Address.AbsoluteUri]);
        Assert.Contains("newest rejected", Assert.Single(datasets.Split('\n'), line => line.StartsWith("chats", StringComparison.Ordinal)));
        var (_, jobs, _) = await TemperProcess.RunAsync(["jobs", "--server", server.Address.AbsoluteUri]);
        Assert.Contains("rejected", Assert.Single(jobs.Split('\n'), line => line.Contains("chats:1", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Who_follows_is_told_once_that_the_server_is_away()
    {
        using var world = new TinyWorld(TinyWorld.Endless);
        using var server = await TemperProcess.UpAsync(world.Home());
        await world.ImportBaseAsync(server.Address);
        await world.SealAsync(server.Address);
        using var following = TemperProcess.Start(["train", world.Recipe, "--follow", "--server", server.Address.AbsoluteUri]);
        for (var i = 0; i < 2400 && !following.Errors.Contains("step ", StringComparison.Ordinal); i++)
            await Task.Delay(50);
        server.Kill();
        for (var i = 0; i < 2400 && !following.Errors.Contains("waiting for the server", StringComparison.Ordinal); i++)
            await Task.Delay(50);
        await Task.Delay(4000);
        following.Kill();
        Assert.Single(following.Errors.Split('\n'), line => line.Contains("waiting for the server", StringComparison.Ordinal));
    }
}
