using System.CommandLine;
using Temper.Core.Errors;
using Temper.Ingest;

namespace Temper.Cli.Verbs.Data;

internal static class DataExplainVerb
{
    public static Command Build()
    {
        var code = new Argument<string?>("code") { Description = "An error code or a configuration key; without one, all are listed", Arity = ArgumentArity.ZeroOrOne, HelpName = "CODE" };
        var command = new Command("explain", """
            Say what an error code or a key of a dataset's configuration means.

            Examples:
              temper data explain CFG_CYCLE
              temper data explain max_num_samples
              temper data explain
            """) { code };
        command.SetAction(parsed => Run(parsed, parsed.GetValue(code)));
        return command;
    }

    private static int Run(ParseResult parsed, string? name)
    {
        if (name is not null && ErrorCatalogue.Find(name) is not null)
            return ExplainVerb.Run(parsed, name);
        var terminal = GlobalOptions.Terminal(parsed);
        if (name is null)
        {
            terminal.Document(new { Keys = DatasetKeys.All, Codes = ErrorCatalogue.All });
            terminal.Table(["key", "value", "default", "meaning"], [.. DatasetKeys.All.Where(k => k.Fate == "read").Select(k => (IReadOnlyList<string>)[k.Key, k.Value, k.Default.Replace("`", "", StringComparison.Ordinal), k.Meaning])]);
            terminal.Line("\nerror codes: temper explain");
            return 0;
        }
        var found = DatasetKeys.Find(name);
        if (found.Count == 0)
            throw new TemperException("not_found", $"There is no error code and no key '{name}'.", $"{(Nearest(name) is { } near ? $"Did you mean {near}? " : "")}`temper data explain` lists the keys, `temper explain` the codes.");
        terminal.Document(found);
        foreach (var key in found)
        {
            terminal.Line($"[bold]{key.Key}[/] ({key.Fate})");
            terminal.Line($"{key.Meaning.Replace("`", "", StringComparison.Ordinal)}.");
            terminal.Line($"  value    {Output.Style.Escape(key.Value)}");
            if (key.Default.Length > 0)
                terminal.Line($"  default  {key.Default.Replace("`", "", StringComparison.Ordinal)}");
            terminal.Line($"  for      {string.Join(", ", key.Types)}{(key.Backends.Count > 0 ? $", with type: {string.Join(" or ", key.Backends)}" : "")}");
            if (key.Reason.Length > 0)
                terminal.Line($"  {(key.Fate == "recipe" ? "recipe  " : "why     ")} {key.Reason}");
        }
        return 0;
    }

    private static string? Nearest(string name) => Registry.Nearest.To(name, ErrorCatalogue.All.Select(e => e.Code).Concat(DatasetKeys.All.Select(k => k.Key)));
}
