using System.CommandLine;
using Temper.Cli.Output;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;

namespace Temper.Cli.Verbs;

internal static class ModelsVerb
{
    public static Command Build()
    {
        var name = new Argument<string?>("name") { Description = "One model, as NAME, or one version of it: NAME:VERSION, NAME@ALIAS, NAME#COMMIT", Arity = ArgumentArity.ZeroOrOne, HelpName = "NAME" };
        var command = new Command("models", """
            List models, or show one: its versions, aliases and exactly what each was made from.

            Examples:
              temper models
              temper models support-bot --json
              temper models support-bot@latest
            """) { name };
        command.SetAction((parsed, ct) => RunAsync(parsed, parsed.GetValue(name), ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string? text, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        using var registry = GlobalOptions.Connect(parsed);
        if (text is null)
            return await ListAsync(registry, terminal, ct);
        var versions = text.AsSpan().ContainsAny(':', '@', '#') ? [await registry.Models.ResolveAsync(text, ct)] : (await registry.Models.VersionsAsync(ResourceName.Parse(text), ct))?.Items
            ?? throw new TemperException("not_found", $"There is no model '{text}'.", "`temper models` lists what exists.");
        terminal.Document(versions);
        foreach (var version in versions)
            Show(terminal, version);
        return 0;
    }

    public static void Show(Terminal terminal, ModelVersionInfo version)
    {
        var pin = version.Pin;
        terminal.Line($"[bold]{pin.Name}:{pin.Version}[/]{(version.Aliases.Count > 0 ? $" @{string.Join(" @", version.Aliases)}" : "")}, {Format.When(version.CreatedMs)}");
        terminal.Line($"  commit  {pin.Commit}");
        terminal.Line($"  files   {pin.Files.Count}, {Format.Bytes(pin.Files.Sum(f => f.Size))}, digest {pin.Digest.Short}{(pin.Base is { } b ? $", adapter of {b.Name}:{b.Version}" : "")}");
        if (version.Metrics.Count > 0)
            terminal.Line($"  metrics {string.Join(", ", version.Metrics.Select(m => $"{m.Key} {Format.Loss(m.Value)}"))}");
        if (version.Lineage is not { } lineage)
            return;
        terminal.Line($"  lineage job {lineage.Job}");
        terminal.Line($"          dataset {lineage.Dataset.Name}:{lineage.Dataset.Version} #{lineage.Dataset.Commit.Short}");
        terminal.Line($"          base {lineage.Base.Name}:{lineage.Base.Version} #{lineage.Base.Commit.Short}, digest {lineage.Base.Digest.Short}");
        terminal.Line($"          recipe {lineage.RecipeDigest.Short}, code {lineage.CodeVersion}, numerics {lineage.NumericsId}");
    }

    private static async Task<int> ListAsync(RegistryClient registry, Terminal terminal, CancellationToken ct)
    {
        var models = await Pages.AllAsync(registry.Models.ListAsync, ct);
        terminal.Document(models);
        if (models.Count == 0)
            terminal.Line("no models yet; `temper import FOLDER --name NAME` brings one in");
        else
            terminal.Table(["model", "versions", "aliases", "updated"], [.. models.Select(m => (IReadOnlyList<string>)[
                m.Name.ToString(), Format.Number(m.Versions), string.Join(" ", m.Aliases.Select(a => $"{a.Key}={a.Value}")), Format.When(m.UpdatedMs)])]);
        return 0;
    }
}
