using System.CommandLine;
using Temper.Cli.Doctor;
using Temper.Cli.Output;

namespace Temper.Cli.Verbs;

internal static class DoctorVerb
{
    public static Command Build()
    {
        var command = new Command("doctor", """
            Look at the machine, the home and its server, and the repository of this folder, and say what is wrong and what to do.
            Exit code 1 when something failed.

            Examples:
              temper doctor
              temper doctor --json
            """);
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        List<Finding> findings = [.. MachineChecks.All(), .. await HomeChecks.AllAsync(GlobalOptions.Home(parsed), ct), .. await RepositoryChecks.AllAsync(Environment.CurrentDirectory, ct)];
        terminal.Document(findings);
        foreach (var area in findings.GroupBy(f => f.Area))
        {
            terminal.Line($"[bold]{area.Key}[/]");
            foreach (var finding in area)
                Show(terminal, finding);
        }
        var failed = findings.Count(f => f.Health == Health.Failed);
        var warned = findings.Count(f => f.Health == Health.Warning);
        terminal.Line(failed + warned == 0 ? "[green]all is well[/]" : $"{failed} failed, {warned} to look at");
        return failed > 0 ? 1 : 0;
    }

    private static void Show(Terminal terminal, Finding finding)
    {
        var mark = finding.Health switch { Health.Ok => "[green]ok[/]  ", Health.Warning => "[yellow]look[/]", _ => "[red]bad[/] " };
        terminal.Line($"  {mark}  {finding.Check,-12} {Style.Escape(Style.Clean(finding.Said))}");
        if (finding.Remedy is not null)
            terminal.Line($"        {"",-12} → {Style.Escape(Style.Clean(finding.Remedy))}");
    }
}
