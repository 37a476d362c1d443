using System.CommandLine;
using Temper.Cli.Output;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;

namespace Temper.Cli.Verbs;

internal static class DatasetsVerb
{
    public static Command Build()
    {
        var name = new Argument<string?>("name") { Description = "One dataset, as NAME or NAME:VERSION", Arity = ArgumentArity.ZeroOrOne, HelpName = "NAME" };
        var quarantine = new Option<bool>("--quarantine") { Description = "List every record that was set aside, with file, line and reason" };
        var command = new Command("datasets", """
            List datasets, or show one: its versions, ledgers and what was set aside.

            Examples:
              temper datasets
              temper datasets support
              temper datasets support:2 --quarantine --json
              temper datasets report support
            """) { name, quarantine };
        command.Subcommands.Add(DatasetReportVerb.Build());
        command.SetAction((parsed, ct) => RunAsync(parsed, parsed.GetValue(name), parsed.GetValue(quarantine), ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string? text, bool quarantine, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        if (text is null && quarantine)
            throw new TemperException("usage", "--quarantine needs the NAME of a dataset.", "`temper datasets` lists them.");
        using var registry = GlobalOptions.Connect(parsed);
        if (text is null)
            return await ListAsync(registry, terminal, ct);
        var versions = text.Contains(':', StringComparison.Ordinal) || quarantine ? [await Data.VersionName.FindAsync(registry, text, ct)]
            : (await registry.Datasets.VersionsAsync(ResourceName.Parse(text), null, ct))?.Items is { Count: > 0 } all ? all
            : throw new TemperException("not_found", $"There is no version of a dataset '{text}'.", "`temper datasets` lists what exists.");
        if (quarantine)
            return await QuarantineAsync(registry, terminal, versions[0], ct);
        terminal.Document(versions);
        foreach (var version in versions)
            DatasetView.Show(terminal, version);
        return 0;
    }

    private static async Task<int> ListAsync(RegistryClient registry, Terminal terminal, CancellationToken ct)
    {
        var datasets = await Pages.AllAsync(registry.Datasets.ListAsync, ct);
        terminal.Document(datasets);
        if (datasets.Count == 0)
            terminal.Line("no datasets yet; `temper upload PATH --dataset NAME` makes one");
        else
            terminal.Table(["dataset", "versions", "records", "quarantined", "updated"], [.. datasets.Select(d => (IReadOnlyList<string>)[
                d.Name.ToString(), Format.Number(d.Versions), d.Latest is null ? "-" : Format.Number(d.Latest.Ledger.Accepted),
                d.Latest is null ? "-" : Format.Number(d.Latest.Ledger.Quarantined), d.Ingesting > 0 ? "ingesting…" : $"{(d.NewestRejected ? "newest rejected, " : "")}{Format.When(d.UpdatedMs)}"])]);
        return 0;
    }

    private static async Task<int> QuarantineAsync(RegistryClient registry, Terminal terminal, DatasetVersionInfo version, CancellationToken ct)
    {
        var entries = await Pages.QuarantineAsync(registry, version, ct);
        terminal.Document(entries);
        DatasetView.Quarantine(terminal, entries);
        return 0;
    }
}
