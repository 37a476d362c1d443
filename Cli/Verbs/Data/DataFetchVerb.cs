using System.CommandLine;
using System.Text;
using Temper.Cli.Output;
using Temper.Core.Errors;
using Temper.Core.Files;
using Temper.Ingest;

namespace Temper.Cli.Verbs.Data;

/// <summary>What one dataset's backend has.</summary>
/// <param name="Id">The dataset.</param>
/// <param name="From">Where it comes from.</param>
/// <param name="Items">Items that can be had.</param>
/// <param name="Bytes">Bytes of those whose size is known.</param>
/// <param name="Failed">Items that cannot be had, each with its reason.</param>
internal sealed record FetchedDataset(string Id, string From, long Items, long Bytes, IReadOnlyList<Problem> Failed);

internal static class DataFetchVerb
{
    public static Command Build()
    {
        var file = new DataConfigFile();
        var failed = new Option<string?>("--failed") { Description = "Write the items that cannot be had, with file, line and reason, as CSV", HelpName = "FILE" };
        var command = new DataHost().AddTo(file.AddTo(new Command("fetch", """
            Look into every backend of a configuration and download what the rows of CSV files name, into the cache: building needs no network
            afterwards. Says what cannot be had and why; exit code 1 when something cannot.

            Examples:
              temper data fetch datasets.yaml
              temper data fetch datasets.yaml --failed failed.csv
            """)), out var host);
        command.Options.Add(failed);
        command.SetAction((parsed, ct) => RunAsync(parsed, file, host, parsed.GetValue(failed), ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, DataConfigFile file, DataHost host, string? failed, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        var kinds = host.Kinds(parsed);
        var config = await file.ReadAsync(parsed, kinds, ct);
        var opener = host.Opener(parsed, file.Root(parsed), kinds);
        var datasets = new List<FetchedDataset>();
        using (var progress = terminal.Progress("fetch"))
            foreach (var entry in config.Order.Where(e => e is not StoreEntry))
            {
                progress.Show((double)datasets.Count / config.Order.Count, entry.Id);
                datasets.Add(await LookAsync(opener, entry, ct));
            }
        terminal.Document(datasets);
        if (!terminal.Json)
            Show(terminal, datasets);
        if (failed is not null)
            DurableFile.Write(failed, Encoding.UTF8.GetBytes(CsvExport.Write(Rows(datasets))));
        return datasets.All(d => d.Failed.Count == 0) ? 0 : Failure.ExitCode(ErrorKind.NotFound);
    }

    private static async Task<FetchedDataset> LookAsync(BackendOpener opener, DatasetEntry entry, CancellationToken ct)
    {
        await using var backend = await opener.OpenAsync(entry, ct);
        var (items, bytes, failed) = (0L, 0L, new List<Problem>());
        await foreach (var item in backend.ListAsync(ct))
        {
            if (item.Problem is { } problem)
                failed.Add(problem);
            else
                (items, bytes) = (items + 1, bytes + (item.Size ?? 0));
        }
        return new(entry.Id, backend.Address, items, bytes, failed);
    }

    private static void Show(Terminal terminal, List<FetchedDataset> datasets)
    {
        terminal.Table(["dataset", "from", "items", "bytes", "failed"], [.. datasets.Select(d => (IReadOnlyList<string>)[d.Id, d.From, Format.Number(d.Items), Format.Bytes(d.Bytes), Format.Number(d.Failed.Count)])]);
        foreach (var problem in datasets.SelectMany(d => d.Failed).Take(20))
            terminal.Error(problem);
    }

    private static IEnumerable<IEnumerable<string>> Rows(List<FetchedDataset> datasets)
    {
        yield return ["dataset", "file", "line", "code", "reason"];
        foreach (var (dataset, problem) in datasets.SelectMany(d => d.Failed.Select(p => (d.Id, p))))
            yield return [dataset, problem.File ?? "", problem.Line?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "", problem.Code, problem.Message];
    }
}
