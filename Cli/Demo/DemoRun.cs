using Temper.Cli.Hosting;
using Temper.Cli.Output;
using Temper.Cli.Transfer;
using Temper.Cli.Verbs;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Training.Recipes;

namespace Temper.Cli.Demo;

/// <summary>The demo from top to bottom, through the same doors as every user: HTTP, the work table, a child process for the job.</summary>
internal sealed class DemoRun(Uri address, HomeFolder home, Terminal terminal, DemoStages stages, int threads)
{
    private static readonly ResourceName Name = ResourceName.Parse("support-bot"), BaseName = ResourceName.Parse("demo-base");

    /// <summary>Runs all of it and reports.</summary>
    /// <param name="stays">Whether the server stays up afterwards.</param>
    /// <param name="ct">Stops it; the same home continues later.</param>
    /// <returns>Whether everything the demo promises came true.</returns>
    /// <exception cref="TemperException">A stage failed.</exception>
    public async Task<bool> RunAsync(bool stays, CancellationToken ct)
    {
        using var registry = new RegistryClient(address, GlobalOptions.ApiKey, TimeSpan.FromMinutes(2), TimeProvider.System);
        var exam = new DemoExam(registry, terminal);
        var (heldIn, paraphrases) = (DemoSample.HeldIn(), DemoSample.Paraphrases());

        Title("1. A base model, trained here from nothing");
        var started = await stages.TimeAsync("base", () => MakeBaseAsync(registry, ct));

        Title("2. An upload with faults in it");
        var dataset = await stages.TimeAsync("ingest", () => UploadAsync(registry, ct));

        Title("3. Questions before training");
        var before = await stages.TimeAsync("before", () => AskBothAsync(exam, "before", BaseName.ToString(), heldIn, paraphrases, ct));

        Title("4. Fine-tuning");
        var (job, model) = await stages.TimeAsync("train", () => TrainAsync(registry, ct));

        Title("5. The same questions after training");
        var after = await stages.TimeAsync("after", () => AskBothAsync(exam, "after", $"{Name}:{model.Pin.Version}", heldIn, paraphrases, ct));

        var report = new DemoReport(terminal, started, dataset, job, model, before, after, stages.Seconds());
        report.Show(address, home, stays);
        return report.PromisesKept();
    }

    private async Task<ModelVersionInfo> MakeBaseAsync(RegistryClient registry, CancellationToken ct)
    {
        if (await registry.Models.FindAsync(BaseName, 1, ct) is { } made)
        {
            terminal.Line($"  {BaseName}:1 is there from an earlier run on this home");
            return made;
        }
        var work = Path.Combine(home.Path, $"{BaseName}-work");
        var folder = Path.Combine(work, BaseName.ToString());
        try
        {
            await new DemoBaseModel(terminal, threads).MakeAsync(folder, work, ct);
        }
        catch (TemperException e) when (e.Code == "resume_mismatch")
        {
            terminal.Note("an interrupted run of another version is there; the base begins anew");
            Directory.Delete(work, recursive: true);
            await new DemoBaseModel(terminal, threads).MakeAsync(folder, work, ct);
        }
        var model = await ImportVerb.SendAsync(registry, terminal, folder, BaseName, ct);
        Directory.Delete(work, recursive: true);
        return model;
    }

    private async Task<DatasetVersionInfo> UploadAsync(RegistryClient registry, CancellationToken ct)
    {
        var receipt = await new Uploader(registry, terminal).SendAsync(UploadKind.Dataset, Name, DemoSample.Upload, ct);
        var row = await new Follower(registry, terminal).FollowAsync(receipt.Work!.Value, ct);
        if (row is not { State: WorkState.Completed, Outcome.Version: { } number } || await registry.Datasets.FindAsync(Name, number, ct) is not { Sealed: true } version)
            throw Failed("The sample was not sealed.", row);
        DatasetView.Show(terminal, version);
        DatasetView.Quarantine(terminal, (await registry.Datasets.QuarantineAsync(Name, number, null, ct)).Items);
        return version;
    }

    private async Task<(JobInfo Job, ModelVersionInfo Model)> TrainAsync(RegistryClient registry, CancellationToken ct)
    {
        var unfinished = (await registry.Jobs.ListAsync(WorkKind.Train, null, ct)).Items.FirstOrDefault(j => j.State is WorkState.Queued or WorkState.Running);
        var recipe = RecipeReader.Read(await File.ReadAllTextAsync(DemoSample.Recipe, ct), Path.GetFileName(DemoSample.Recipe));
        var job = unfinished ?? await registry.Jobs.CreateAsync(TrainVerb.Request(recipe, DemoSample.Recipe, null, null), ct);
        terminal.Line($"  {job.Id}: {Path.GetFileName(DemoSample.Recipe)} on {Name}, base {BaseName}");
        job = await new Follower(registry, terminal).FollowAsync(job.Id, ct);
        if (job is not { State: WorkState.Completed, Outcome.Version: { } number } || await registry.Models.FindAsync(Name, number, ct) is not { } model)
            throw Failed("The job did not make a model.", job);
        ModelsVerb.Show(terminal, model);
        return (job, model);
    }

    private static async Task<DemoScores> AskBothAsync(DemoExam exam, string when, string model, IReadOnlyList<DemoQuestion> heldIn, IReadOnlyList<DemoQuestion> paraphrases, CancellationToken ct)
    {
        var exact = await exam.AskAsync($"{when}, as trained", model, heldIn, ct);
        return new(exact, await exam.AskAsync($"{when}, in other words", model, paraphrases, ct));
    }

    private void Title(string text)
    {
        terminal.Line();
        terminal.Line($"[bold]{text}[/]");
    }

    private static TemperException Failed(string message, JobInfo row) => row.Errors.Count > 0
        ? new(row.Errors)
        : new("internal", $"{message} {row.Id} ended as {row.State.ToString().ToLowerInvariant()}.");
}
