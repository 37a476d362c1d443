using System.CommandLine;
using Temper.Cli.Output;
using Temper.Core.Errors;
using Temper.Models;
using Temper.Training.Previews;
using Temper.Training.Recipes;

namespace Temper.Cli.Verbs.Trials;

internal static class PreflightVerb
{
    public static Command Build()
    {
        var recipe = new RecipeFile();
        var html = new Option<string?>("--html") { Description = "Also write a page for browsers", HelpName = "FILE" };
        var estimate = new Option<bool>("--estimate") { Description = "Also say what the run will take, from a trial on this machine" };
        var command = new Command("preflight", """
            Look at what a recipe would learn from, without training: examples as the model reads them with what is learned marked, counts, lengths,
            what is left out and why, whether answers end, copies and leaks. The code is that of a job; whatever would stop the job is said here.

            Examples:
              temper preflight recipe.yaml
              temper preflight recipe.yaml --set data.max_length=512 --html preflight.html --estimate
            """) { html, estimate };
        recipe.AddTo(command);
        command.SetAction((parsed, ct) => RunAsync(parsed, recipe, parsed.GetValue(html), parsed.GetValue(estimate), ct));
        return command;
    }

    /// <summary>The report on a prepared run.</summary>
    public static PreflightReport Report(TrialPlace place, Recipe recipe)
    {
        var folder = TextFolder.Open(place.Folder);
        return PreflightReport.Of(place.Run.Data, folder.Tokenizer, folder.StopTokens, recipe);
    }

    private static async Task<int> RunAsync(ParseResult parsed, RecipeFile file, string? html, bool estimates, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        if (html is not null && (Directory.Exists(html) || !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(html)))))
            throw new TemperException("usage", $"--html cannot be written to {Path.GetFullPath(html)}: {(Directory.Exists(html) ? "it is a folder" : "its folder does not exist")}.", "Name a file in a folder that is there.");
        var recipe = await file.ReadAsync(parsed, terminal, ct);
        if (recipe.Task is TrainingTask.ImageClassification)
            throw new TemperException("not_supported_yet", "Pictures have no text to show.", "Use `temper estimate`, which tries them.");
        using var place = await TrialPlace.OpenAsync(parsed, recipe, file.Name(parsed), ct);
        var report = Report(place, recipe);
        TrialView.Show(terminal, report);
        var estimate = estimates ? await Task.Run(() => EstimateVerb.Estimate(place, recipe, 0), ct) : null;
        if (estimate is not null)
        {
            terminal.Line();
            TrialView.Show(terminal, estimate);
        }
        if (estimate is null)
            terminal.Document(report);
        else
            terminal.Document(new { preflight = report, estimate });
        if (html is not null)
        {
            await File.WriteAllTextAsync(html, PreflightHtml.Of(report, Path.GetFileName(file.Name(parsed)), estimate), ct);
            terminal.Note($"{Style.Escape(Path.GetFullPath(html))} is written");
        }
        return 0;
    }
}
