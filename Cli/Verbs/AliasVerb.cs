using System.CommandLine;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;

namespace Temper.Cli.Verbs;

internal static class AliasVerb
{
    public static Command Build()
    {
        var model = new Argument<string>("model") { Description = "The version that the alias is to stand on: NAME:VERSION or NAME@ALIAS", HelpName = "MODEL" };
        var alias = new Argument<string>("alias") { Description = "Name of the alias, such as production", HelpName = "ALIAS" };
        var command = new Command("alias", """
            Move an alias of a model to a version, so that NAME@ALIAS means it from now on.
            Where the alias has gates (`temper gate`), the version must pass them; otherwise the alias stays and the exit code is 6.

            Examples:
              temper alias support-bot:3 production
              temper alias support-bot@candidate production
            """) { model, alias };
        command.SetAction((parsed, ct) => RunAsync(parsed, parsed.GetValue(model)!, parsed.GetValue(alias)!, ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string reference, string alias, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        using var registry = GlobalOptions.Connect(parsed);
        var pin = (await registry.Models.ResolveAsync(reference, ct)).Pin;
        var from = await StandsAsync(registry, pin.Name, alias, ct);
        if (from != pin.Version)
            await registry.Models.MoveAliasAsync(pin.Name, alias, new(pin.Version, from), ct);
        terminal.Document(new { model = pin.Name, alias, from, to = pin.Version });
        terminal.Line(from == pin.Version ? $"{pin.Name}@{alias} stands on version {pin.Version} already" : $"{pin.Name}@{alias}: {(from is { } before ? $"version {before}" : "new")} → version {pin.Version}");
        return 0;
    }

    /// <summary>Version on which the alias stands; null where there is none.</summary>
    private static async Task<int?> StandsAsync(RegistryClient registry, ResourceName name, string alias, CancellationToken ct)
    {
        try
        {
            return (await registry.Models.ResolveAsync($"{name}@{alias}", ct)).Pin.Version;
        }
        catch (TemperException e) when (e.Code is "not_found")
        {
            return null;
        }
    }
}
