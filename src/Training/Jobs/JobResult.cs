using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Models;
using Temper.Training.Checkpoints;
using Temper.Training.Results;
using Temper.Training.Tasks;

namespace Temper.Training.Jobs;

/// <summary>Writes what a run made, reads it back from where it will be published, and compares: nothing leaves that does not answer as the trained model does.</summary>
/// <param name="blobs">Where results go.</param>
/// <param name="claim">Job and fence, which name the place.</param>
/// <param name="scratch">Local folder for files on their way.</param>
internal sealed class JobResult(IBlobStore blobs, WorkClaim claim, string scratch)
{
    /// <summary>Writes all files, verifies them, and says what was made.</summary>
    public async Task<TrainResult> PublishAsync(TrainRun run, JobTask task, string baseFolder, Lineage lineage, TrainOutcome.Completed done, CancellationToken ct)
    {
        using var span = TrainingTelemetry.Source.StartActivity("job.publish");
        var written = Path.Combine(scratch, "result");
        Write(written, run, task, baseFolder, lineage, done);
        var files = new List<FileEntry>();
        foreach (var path in Directory.EnumerateFiles(written, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            files.Add(await StoreAsync(path, Path.GetRelativePath(written, path).Replace('\\', '/'), ct).ConfigureAwait(false));
        DurableSteps.Passed("train.result_written");

        var stored = Path.Combine(scratch, "stored");
        foreach (var file in files)
            await FetchAsync(file, Path.Combine(stored, file.Path), ct).ConfigureAwait(false);
        task.Verify(stored, run);
        if (run.Recipe.Export is { } export)
            ResultExports.Verify(export, run.Objective.Engine, baseFolder, stored);
        DurableSteps.Passed("train.result_verified");
        return Describe(run, lineage, done, files);
    }

    private static void Write(string folder, TrainRun run, JobTask task, string baseFolder, Lineage lineage, TrainOutcome.Completed done)
    {
        Directory.CreateDirectory(folder);
        task.Write(folder, run);
        if (run.Recipe.Data.ChatTemplate != "model" && run.Objective.AdapterConfig is not null)
            File.Copy(Path.Combine(baseFolder, ChatTemplate.FileName), Path.Combine(folder, ChatTemplate.FileName));
        File.WriteAllBytes(Path.Combine(folder, "training_config.json"), Pretty(run.Recipe));
        File.WriteAllBytes(Path.Combine(folder, "metrics.jsonl"), MetricsLog.Bytes(done.Log));
        File.WriteAllBytes(Path.Combine(folder, "trainer_state.json"), Pretty(Summary(run, done)));
        File.WriteAllBytes(Path.Combine(folder, "lineage.json"), Pretty(lineage));
        File.WriteAllBytes(Path.Combine(folder, "results.csv"), ResultsTable.Bytes(done.Log));
        var notes = run.Recipe.Export is { } export ? ResultExports.Write(export, baseFolder, folder, run.Objective.AdapterConfig is not null) : [];
        var compatibility = ModelCard.Compatibility(run.Objective.AdapterConfig);
        if (compatibility is not null)
            File.WriteAllBytes(Path.Combine(folder, "compatibility.json"), Pretty(compatibility));
        File.WriteAllText(Path.Combine(folder, "README.md"), ModelCard.Text(run, lineage, done, compatibility, notes));
    }

    private async Task<FileEntry> StoreAsync(string path, string name, CancellationToken ct)
    {
        await using var content = File.OpenRead(path);
        var entry = new FileEntry(name, content.Length, await Digest.OfAsync(content, ct).ConfigureAwait(false));
        content.Position = 0;
        if (await blobs.CreateAsync(Key(name), content, ct).ConfigureAwait(false) is null)
            throw new TemperException("lease_lost", $"{Key(name)} was written by another process: this attempt is not the only one with its fence.");
        DurableSteps.Passed("train.result_file");
        return entry;
    }

    private async Task FetchAsync(FileEntry file, string path, CancellationToken ct)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await using var source = await blobs.OpenAsync(Key(file.Path), 0, null, null, ct).ConfigureAwait(false);
        await using var target = new FileStream(path, FileMode.Create, FileAccess.ReadWrite);
        await source.CopyToAsync(target, ct).ConfigureAwait(false);
        target.Position = 0;
        if (target.Length != file.Size || await Digest.OfAsync(target, ct).ConfigureAwait(false) != file.Sha256)
            throw new TemperException("export_verification_failed", $"{file.Path} of the result is not in the store as it was written.");
    }

    private BlobKey Key(string name) => BlobLayout.Run(claim.Id, claim.Fence, $"result/{name}");

    private static RunSummary Summary(TrainRun run, TrainOutcome.Completed done) => new(done.Step, run.Train.Count, run.HeldOut.Count,
        run.Train.Sum(e => (long)e.Tokens.Length), run.Train.Sum(e => (long)e.SupervisedCount), new TrainedWeights(run.Objective).Count,
        Last(done, "loss"), Last(done, "eval_loss"), done.ResultStep == done.Step ? null : done.ResultStep);

    private static TrainResult Describe(TrainRun run, Lineage lineage, TrainOutcome.Completed done, List<FileEntry> files) => new(files, run.Objective.AdapterConfig is not null, done.Step,
        Last(done, "loss") ?? 0, Last(done, "eval_loss"), lineage.NumericsId, lineage.CodeVersion, Wire.ToElement(Summary(run, done)), lineage.Substituted, lineage.Plugins)
    { From = lineage.From };

    private static double? Last(TrainOutcome.Completed done, string name) =>
        done.Log.LastOrDefault(s => s.Step <= done.ResultStep && s.Values.ContainsKey(name)) is { } step ? step.Values[name] : null;

    private static byte[] Pretty<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, Wire.Pretty);
}

/// <summary><c>trainer_state.json</c>: a finished run in numbers. The same run gives the same bytes.</summary>
/// <param name="GlobalStep">Optimizer steps.</param>
/// <param name="TrainExamples">Examples trained on.</param>
/// <param name="EvalExamples">Examples measured.</param>
/// <param name="TrainTokens">Tokens of one epoch.</param>
/// <param name="SupervisedTokens">Labels of one epoch.</param>
/// <param name="TrainableParameters">Numbers that were trained.</param>
/// <param name="FinalLoss">Loss of the step that the result is from.</param>
/// <param name="EvalLoss">Last loss on held-out examples up to there.</param>
/// <param name="BestStep">That step, where it is not the last one.</param>
internal sealed record RunSummary(int GlobalStep, int TrainExamples, int EvalExamples, long TrainTokens, long SupervisedTokens, long TrainableParameters, double? FinalLoss, double? EvalLoss, int? BestStep);
