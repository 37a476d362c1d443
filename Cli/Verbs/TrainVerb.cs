using System.CommandLine;
using System.Text.Json;
using Temper.Cli.Output;
using Temper.Cli.Verbs.Trials;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.References;
using Temper.Core.Registry;
using Temper.Training.Recipes;

namespace Temper.Cli.Verbs;

internal static class TrainVerb
{
    public static Command Build()
    {
        var recipe = new RecipeFile();
        var dry = new Option<bool>("--dry-run") { Description = "Show the resolved recipe, the preflight and the estimate, and start nothing" };
        var follow = new Option<bool>("--follow") { Description = "Show the job's progress until it ends (Ctrl-C stops watching, not the job)" };
        var on = new Option<string?>("--on") { Description = "Bind the recipe to a dataset: its newest sealed version and every later one starts a job", HelpName = "DATASET" };
        var name = new Option<string?>("--name") { Description = "Model that gets the new version [default: output of the recipe]", HelpName = "NAME" };
        var command = new Command("train", """
            Start a training job. The recipe is checked first, and every mistake in it is named at once.
            What only the base can tell (its modules, its context, whether it has a chat template) the job checks, also all at once, before its first step.

            Examples:
              temper train recipe.yaml --follow
              temper train recipe.yaml --on support
              temper train recipe.yaml --set lora.r=8 --set max_steps=20 --dry-run
            """) { follow, on, name, dry };
        recipe.AddTo(command);
        command.SetAction((parsed, ct) => parsed.GetValue(dry) ? DryRunAsync(parsed, recipe, parsed.GetValue(on), parsed.GetValue(name), ct)
            : RunAsync(parsed, recipe, parsed.GetValue(follow), parsed.GetValue(on), parsed.GetValue(name), ct));
        return command;
    }

    private static async Task<int> DryRunAsync(ParseResult parsed, RecipeFile file, string? on, string? name, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        var recipe = await file.ReadAsync(parsed, terminal, ct);
        var request = Request(recipe, file.Name(parsed), on, name);
        if (recipe.Data is { Train: null, Datasets: null })
            recipe = recipe with { Data = recipe.Data with { Train = request.Dataset } };
        terminal.Line(Style.Escape(JsonSerializer.Serialize(request.Recipe, Wire.Pretty)));
        terminal.Line();
        using var place = await TrialPlace.OpenAsync(parsed, recipe, file.Name(parsed), ct);
        var report = recipe.Task is TrainingTask.ImageClassification ? null : PreflightVerb.Report(place, recipe);
        if (report is not null)
            TrialView.Show(terminal, report);
        terminal.Line();
        var estimate = await Task.Run(() => EstimateVerb.Estimate(place, recipe, 0), ct);
        TrialView.Show(terminal, estimate);
        terminal.Document(new { recipe = request.Recipe, preflight = report, estimate });
        return estimate.Problems.Count == 0 ? 0 : throw new TemperException(estimate.Problems);
    }

    private static async Task<int> RunAsync(ParseResult parsed, RecipeFile recipe, bool follow, string? on, string? name, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        var request = Request(await recipe.ReadAsync(parsed, terminal, ct), recipe.Name(parsed), on, name);
        using var registry = follow ? await GlobalOptions.ConnectPatientlyAsync(parsed, ct) : GlobalOptions.Connect(parsed);
        if (on is not null)
        {
            await registry.Datasets.BindAsync(ResourceName.Parse(on), request, ct);
            terminal.Note($"every sealed version of {on} starts this recipe from now on");
            if ((await registry.Datasets.ListAsync(null, ct)).Items.FirstOrDefault(d => d.Name.ToString() == on)?.Latest is null)
            {
                terminal.Line($"{on} has no sealed version yet; the first one starts the job");
                terminal.Document(new { bound = on });
                return 0;
            }
        }
        JobInfo job;
        using (VerbSpan.Begin("train"))
            job = await registry.Jobs.CreateAsync(request, ct);
        terminal.Note($"{job.Id} is queued");
        if (follow)
            job = await new Follower(registry, terminal).WatchAsync(job.Id, ct, terminal.Document);
        terminal.Document(job);
        JobsVerb.Show(terminal, job);
        return follow ? Follower.ExitCode(terminal, job) : 0;
    }

    public static JobRequest Request(Recipe recipe, string file, string? on, string? name)
    {
        var problems = new List<Problem>();
        void Missing(string path, string message, string hint) => problems.Add(new("requires", message) { File = file, Path = path, Hint = hint });
        if (recipe.ModelNameOrPath is null)
            Missing("model_name_or_path", "The recipe names no base model.", "Add model_name_or_path: NAME of a registered model; `temper models` lists them.");
        else if (Reference.Parse(recipe.ModelNameOrPath) is Reference.Folder)
            Missing("model_name_or_path", $"'{recipe.ModelNameOrPath}' is a folder, and a job may run on another machine.", $"Bring it in with `temper import {recipe.ModelNameOrPath} --name NAME`, then write that name.");
        var all = recipe.Data.Datasets?.Select(d => d.Dataset).ToArray();
        var dataset = on ?? all?[0] ?? recipe.Data.Train;
        if (dataset is null)
            Missing("data.train", "The recipe names no dataset.", "Add data.train: NAME, or give --on NAME.");
        else if (all is not null && !all.Contains(dataset))
            Missing("data.train", $"The recipe mixes {string.Join(", ", all)}, and '{dataset}' is none of them.", "Add it to the list, or bind the recipe to one of them.");
        if ((name ?? recipe.Output) is not { } output)
            Missing("output", "Nothing says which model gets the new version.", "Add output: NAME to the recipe, or give --name NAME.");
        else if (problems.Count == 0)
            return new(recipe.ToJson(), recipe.ModelNameOrPath!, dataset!, ResourceName.Parse(output), all);
        throw new TemperException(problems);
    }
}
