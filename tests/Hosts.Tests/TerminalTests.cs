using System.CommandLine;
using System.Diagnostics;
using System.Reflection;

namespace Temper.Hosts.Tests;

/// <summary>What the command line shows: colours and a bar on a terminal, plain lines in a pipe, help whose examples work.</summary>
public sealed class TerminalTests
{
    private const char Escape = '\x1b';

    [Fact]
    public async Task In_a_pipe_progress_is_plain_lines()
    {
        using var world = new TinyWorld(steps: 8);
        using var server = await TemperProcess.UpAsync(world.Home());
        await world.ImportBaseAsync(server.Address);
        var (exit, output, errors) = await TemperProcess.RunAsync(["upload", world.Data, "--dataset", "chats", "--wait", "--server", server.Address.AbsoluteUri]);
        Assert.Equal(0, exit);
        Assert.DoesNotContain(Escape, output + errors);
        Assert.DoesNotContain('\r', output + errors);
        Assert.DoesNotContain("[#", errors);
        Assert.Contains("accepted", output);
        var (trained, trainOutput, trainErrors) = await world.TrainAsync(server.Address, "--follow");
        Assert.True(trained == 0, trainErrors);
        Assert.Contains("train: 100 % step 8/8", trainErrors);
        Assert.All(trainOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => System.Text.Json.JsonDocument.Parse(line));
    }

    [Theory]
    [InlineData("xterm-256color", "", true)]
    [InlineData("xterm-256color", "1", false)]
    [InlineData("dumb", "", false)]
    public void On_a_terminal_there_are_colours_unless_they_are_not_wanted(string terminal, string noColour, bool coloured)
    {
        if (OperatingSystem.IsWindows() || OperatingSystem.IsMacOS())
            return;
        var start = new ProcessStartInfo("script", ["-qec", $"{TemperProcess.Program} jobs --server http://127.0.0.1:1", "/dev/null"]) { RedirectStandardOutput = true, RedirectStandardInput = true };
        (start.Environment["TERM"], start.Environment["NO_COLOR"]) = (terminal, noColour);
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var shown = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Contains("server_unreachable", shown);
        Assert.Equal(coloured, shown.Contains($"{Escape}[31m", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_verb_explains_itself_and_every_example_in_the_help_parses()
    {
        var root = Temper.Cli.CommandLine.Build();
        foreach (var verb in root.Subcommands.Where(c => !c.Hidden))
            AssertHelp(root, verb.Subcommands.Count > 0 ? [.. verb.Subcommands.Select(s => $"{verb.Name} {s.Name}"), verb.Name] : [verb.Name]);
    }

    [Fact]
    public void Every_verb_is_listed_under_its_own_name() =>
        Assert.All(Temper.Cli.CommandLine.Verbs, verb => Assert.Equal(verb, Assert.Single(Temper.Cli.CommandLine.Build(verb).Subcommands).Name));

    private static void AssertHelp(RootCommand root, string[] verbs)
    {
        var examples = 0;
        foreach (var verb in verbs)
        {
            var help = new StringWriter();
            Assert.Equal(0, root.Parse($"{verb} --help").Invoke(new InvocationConfiguration { Output = help }));
            var lines = help.ToString().Split('\n').Select(l => l.Trim()).ToList();
            foreach (var line in lines.Where(l => l.StartsWith("temper ", StringComparison.Ordinal) && !l.Contains('…') || l.StartsWith("temper jobs ", StringComparison.Ordinal)))
            {
                examples++;
                var command = line["temper ".Length..].Split("   ")[0].Split(" |")[0].Split(" >")[0].TrimEnd('&', ' ');
                Assert.True(root.Parse(command).Errors.Count == 0, $"the help of '{verb}' shows `{line}`: {string.Join("; ", root.Parse(command).Errors)}");
            }
        }
        Assert.True(examples > 0, $"the help of '{verbs[^1]}' shows no example");
    }
}
