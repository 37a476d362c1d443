using System.Text.Json;
using Temper.Cli.Hosting;
using Temper.Cli.Output;
using Temper.Core.Json;
using Temper.Core.Registry;

namespace Temper.Cli.Demo;

/// <summary>Answers of one model to both sets of questions.</summary>
/// <param name="Exact">To the questions as trained.</param>
/// <param name="Other">To the same questions in other words.</param>
internal sealed record DemoScores(IReadOnlyList<DemoAnswer> Exact, IReadOnlyList<DemoAnswer> Other)
{
    public double ExactMatch => DemoExam.Score(Exact);

    public double ParaphraseMatch => DemoExam.Score(Other);

    /// <summary>Answers that had to be cut.</summary>
    public int Cut => Exact.Concat(Other).Count(a => !a.Stopped);
}

/// <summary>What came of the demo, for people and as JSON.</summary>
internal sealed class DemoReport(Terminal terminal, ModelVersionInfo started, DatasetVersionInfo dataset, JobInfo job, ModelVersionInfo model,
    DemoScores before, DemoScores after, IReadOnlyDictionary<string, double> seconds)
{
    private const int Examples = 8;

    /// <summary>At most a tenth right before, at least 95 % after, at least 60 % in other words, and every answer ended by itself.</summary>
    public bool PromisesKept() => before.ExactMatch <= 0.10 && after.ExactMatch >= 0.95 && after.ParaphraseMatch >= 0.60 && after.Cut == 0;

    public void Show(Uri address, HomeFolder home, bool stays)
    {
        ShowExamples();
        ShowScores();
        ShowNext(address.AbsoluteUri.TrimEnd('/'), home, stays);
        var result = JsonSerializer.SerializeToElement(Result(), Wire.Json);
        File.WriteAllText(FileIn(home), result.GetRawText());
        terminal.Document(result);
    }

    /// <summary>Where a finished demo leaves its result.</summary>
    public static string FileIn(HomeFolder home) => Path.Combine(home.Path, "demo.json");

    private object Result() => new
    {
        dataset = new { dataset.Ledger.RecordsIn, dataset.Ledger.Accepted, dataset.Ledger.Quarantined, dataset.Ledger.Duplicates, dataset.Ledger.Filtered },
        job = new { id = job.Id.ToString(), status = job.State.ToString().ToLowerInvariant(), steps = job.Step, final_loss = model.Metrics.GetValueOrDefault("final_loss") },
        model = new { name = model.Pin.Name.ToString(), version = model.Pin.Version, commit = model.Pin.Commit.ToString() },
        before = new { exact_match = before.ExactMatch },
        after = new { exact_match = after.ExactMatch, paraphrase_match = after.ParaphraseMatch },
        seconds,
    };

    private void ShowExamples()
    {
        var step = after.Other.Count / Examples;
        terminal.Table(["asked in words that training never saw", "before", "after", ""], [.. Enumerable.Range(0, Examples).Select(i => i * step).Select(i => (IReadOnlyList<string>)[
            Short(after.Other[i].Asked.Question, 46), Short(before.Other[i].Said, 34), Short(after.Other[i].Said, 60), after.Other[i].Right ? "right" : "wrong"])]);
    }

    private void ShowScores()
    {
        terminal.Line();
        terminal.Table(["right, word for word", "before", "after", "promised"], [
            [$"the {after.Exact.Count} questions as trained", Format.Percent(before.ExactMatch), Format.Percent(after.ExactMatch), "95 % and more"],
            [$"{after.Other.Count} in other words", Format.Percent(before.ParaphraseMatch), Format.Percent(after.ParaphraseMatch), "60 % and more"],
            ["answers that did not stop by themselves", Format.Number(before.Cut), Format.Number(after.Cut), "none"],
        ]);
        terminal.Line(PromisesKept() ? "[green]everything promised came true[/]" : "[red]something promised did not come true[/]");
    }

    private void ShowNext(string url, HomeFolder home, bool stays)
    {
        terminal.Line();
        terminal.Line("[bold]Lineage[/]");
        terminal.Line($"  {model.Pin.Name}:{model.Pin.Version} #{model.Pin.Commit.Short}");
        terminal.Line($"    from job {job.Id}");
        terminal.Line($"    on dataset {dataset.Name}:{dataset.Version} #{dataset.Commit?.Short}");
        terminal.Line($"    over base {started.Pin.Name}:{started.Pin.Version} #{started.Pin.Commit.Short}");
        terminal.Line();
        terminal.Line($"[bold]It took {seconds["total"]:F0} s[/] ({string.Join(", ", seconds.Where(s => s.Key != "total").Select(s => $"{s.Key} {s.Value:F0}"))}). How to go on:");
        var (temper, state) = (Environment.ProcessPath ?? "temper", $"--home {home.Path}");
        terminal.Line($"  {temper} up {state}");
        terminal.Line($"      the server again, dashboard at http://127.0.0.1:5080{(stays ? $"; until Ctrl-C it is at {url}" : "")}");
        terminal.Line($"  {temper} chat {model.Pin.Name} \"{after.Other[0].Asked.Question}\" {state}");
        terminal.Line($"  curl {(stays ? url : "http://127.0.0.1:5080")}/v1/chat/completions -H 'content-type: application/json' \\");
        terminal.Line($"      -d '{{\"model\": \"{model.Pin.Name}\", \"messages\": [{{\"role\": \"user\", \"content\": \"{after.Other[0].Asked.Question}\"}}]}}'");
        terminal.Line($"  {temper} train {DemoSample.Recipe} --follow {state}");
    }

    private static string Short(string text, int width) => text.Length <= width ? text : text[..(width - 1)] + "…";
}
