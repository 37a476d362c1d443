using System.CommandLine;
using Temper.Core.Errors;
using Temper.Core.Ids;

namespace Temper.Cli.Verbs;

internal static class GateVerb
{
    private static readonly Option<bool> None = new("--none") { Description = "Remove all gates of the alias" };

    public static Command Build()
    {
        var name = new Argument<string>("name") { Description = "A model", HelpName = "NAME" };
        var alias = new Argument<string>("alias") { Description = "One of its aliases, which need not exist yet", HelpName = "ALIAS" };
        var gates = new Argument<string[]>("gates") { Description = "What a version must have reached: SUITE:METRIC>=NUMBER or SUITE:METRIC<=NUMBER", Arity = ArgumentArity.ZeroOrMore, HelpName = "GATE" };
        var command = new Command("gate", """
            Say what a version must have reached before an alias may stand on it, or show what is asked.
            The newest result that `temper eval` kept of the version decides. Given gates replace those there were; where the alias stands now, it stays.

            Examples:
              temper gate support-bot production "facts:exact_match>=0.9" "facts:perplexity<=4"
              temper gate support-bot production
              temper gate support-bot production --none
            """) { name, alias, gates, None };
        command.SetAction((parsed, ct) => RunAsync(parsed, parsed.GetValue(name)!, parsed.GetValue(alias)!, parsed.GetValue(gates) ?? [], ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string text, string alias, string[] written, CancellationToken ct)
    {
        var (terminal, name, gates) = (GlobalOptions.Terminal(parsed), ResourceName.Parse(text), written.Select(GateText.Gate).ToArray());
        if (gates.Length > 0 && parsed.GetValue(None))
            throw new TemperException("usage", "--none goes without gates.", "Leave one of them out.");
        using var registry = GlobalOptions.Connect(parsed);
        if (gates.Length > 0 || parsed.GetValue(None))
            await registry.Models.SetGatesAsync(name, alias, gates, ct);
        var stand = await registry.Models.GatesAsync(name, alias, ct);
        terminal.Document(stand);
        terminal.Line(stand.Count == 0 ? $"{name}@{alias} has no gates" : $"{name}@{alias} asks for {string.Join(", ", stand)}");
        return 0;
    }
}
