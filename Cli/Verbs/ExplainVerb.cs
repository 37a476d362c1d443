using System.CommandLine;
using Temper.Core.Errors;

namespace Temper.Cli.Verbs;

internal static class ExplainVerb
{
    public static Command Build()
    {
        var code = new Argument<string?>("code") { Description = "An error code; without one, all are listed", Arity = ArgumentArity.ZeroOrOne, HelpName = "CODE" };
        var command = new Command("explain", """
            Say what an error code means and what to do.

            Examples:
              temper explain REC_INVALID_UTF8
              temper explain
            """) { code };
        command.SetAction(parsed => Run(parsed, parsed.GetValue(code)));
        return command;
    }

    public static int Run(ParseResult parsed, string? code)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        if (code is null)
        {
            terminal.Document(ErrorCatalogue.All);
            terminal.Table(["code", "kind", "meaning"], [.. ErrorCatalogue.All.Select(e => (IReadOnlyList<string>)[e.Code, e.Kind.ToString().ToLowerInvariant(), e.Meaning])]);
            return 0;
        }
        var entry = ErrorCatalogue.Find(code) ?? throw new TemperException("not_found", $"There is no error code '{code}'.", Registry.Nearest.To(code.ToUpperInvariant(), ErrorCatalogue.All.Select(e => e.Code.ToUpperInvariant())) is { } near ? $"Did you mean {ErrorCatalogue.Find(near)!.Code}? `temper explain` lists all." : "`temper explain` lists all.");
        terminal.Document(entry);
        terminal.Line($"[bold]{entry.Code}[/] ({entry.Kind.ToString().ToLowerInvariant()})");
        terminal.Line(entry.Meaning);
        terminal.Line(entry.Remedy);
        return 0;
    }
}
