using System.CommandLine;
using Temper.Core.Errors;
using Temper.Core.Registry;

namespace Temper.Cli.Verbs.Sweeps;

internal static class SweepsVerb
{
    public static Command Build()
    {
        var name = new Argument<string?>("name") { Description = "One sweep", Arity = ArgumentArity.ZeroOrOne, HelpName = "NAME" };
        var command = new Command("sweeps", """
            List sweeps, or show one with its table, pause or cancel it. `temper sweep FILE` starts one.

            Examples:
              temper sweeps
              temper sweeps show rates
              temper sweeps pause rates
              temper sweeps cancel rates --json
            """) { name };
        command.Add(List());
        command.Add(One("show", "Show one with its table", FindAsync));
        command.Add(One("cancel", "End its trials; checkpoints and models that are there stay", (registry, id, ct) => registry.Sweeps.CancelAsync(id, ct)));
        command.Add(One("pause", "Set its trials aside; running ones save a checkpoint first", (registry, id, ct) => registry.Sweeps.PauseAsync(id, ct)));
        command.Add(One("resume", "Let its trials go on where they stood", (registry, id, ct) => registry.Sweeps.ResumeAsync(id, ct)));
        command.SetAction((parsed, ct) => parsed.GetValue(name) is { } one ? ActAsync(parsed, one, FindAsync, ct) : ListAsync(parsed, ct));
        return command;
    }

    private static Command List()
    {
        var command = new Command("list", "List sweeps, newest first");
        command.SetAction(ListAsync);
        return command;
    }

    private static Command One(string word, string description, Func<RegistryClient, string, CancellationToken, Task<SweepInfo>> act)
    {
        var name = new Argument<string>("name") { Description = "Name or id of a sweep", HelpName = "NAME" };
        var command = new Command(word, description) { name };
        command.SetAction((parsed, ct) => ActAsync(parsed, parsed.GetValue(name)!, act, ct));
        return command;
    }

    private static async Task<int> ListAsync(ParseResult parsed, CancellationToken ct)
    {
        using var registry = GlobalOptions.Connect(parsed);
        SweepView.Show(GlobalOptions.Terminal(parsed), await Pages.AllAsync(registry.Sweeps.ListAsync, ct));
        return 0;
    }

    private static async Task<int> ActAsync(ParseResult parsed, string name, Func<RegistryClient, string, CancellationToken, Task<SweepInfo>> act, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        using var registry = GlobalOptions.Connect(parsed);
        var sweep = await act(registry, name, ct);
        terminal.Document(sweep);
        SweepView.Show(terminal, sweep);
        return 0;
    }

    private static async Task<SweepInfo> FindAsync(RegistryClient registry, string name, CancellationToken ct) =>
        await registry.Sweeps.FindAsync(name, ct) ?? throw new TemperException("not_found", $"There is no sweep '{name}'.", "`temper sweeps` lists them.");
}
