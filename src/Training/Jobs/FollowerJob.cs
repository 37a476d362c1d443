using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Json;
using Temper.Core.Work;
using Temper.Storage.Blobs;
using Temper.Tensors;
using Temper.Training.Data;
using Temper.Training.Ranks;
using Temper.Training.Recipes;
using Temper.Training.Tasks;

namespace Temper.Training.Jobs;

/// <summary>A follower's process: loads what its leader has loaded, and computes for it until the pipe ends.</summary>
internal static class FollowerJob
{
    /// <summary>Runs to the end of <paramref name="input"/>, at which the process dies at once, whatever it is computing.</summary>
    /// <returns>Exit code: only ever of a failure, which the leader was told of.</returns>
    public static async Task<int> RunAsync(JobStart start, RankStart rank, JobParts parts, string codeVersion, Stream input, Stream output, TimeProvider clock)
    {
        var follower = new Follower(rank.Rank, rank.Size, input, output, error =>
        {
            if (error is InvalidDataException)
                Console.Error.WriteLine($"rank {rank.Rank}: the leader does not keep to the protocol: {error.Message}");
            Lifeline.Die();
        });
        try
        {
            await ComputeAsync(follower, start, rank, parts, codeVersion, clock).ConfigureAwait(false);
        }
        catch (TemperException e)
        {
            follower.Tell(e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            follower.Tell(new TemperException("storage_unavailable", $"Reading or writing a file failed: {e.Message}", inner: e));
        }
        return 1;
    }

    private static async Task ComputeAsync(Follower follower, JobStart start, RankStart rank, JobParts parts, string codeVersion, TimeProvider clock)
    {
        var payload = start.Claim.Payload.Deserialize<TrainPayload>(Wire.Json) ?? throw new TemperException("invalid_json", "The job has no payload.");
        var recipe = RecipeReader.Read(payload.Recipe, parts.Parts);
        var blobs = BlobStores.Open(start.Blobs, clock);
        using var engine = parts.Engines[start.Engine ?? "cpu"](start.Threads, recipe.Training.Bf16 ? MatrixPath.Bf16 : MatrixPath.Exact);
        using var task = JobTasks.Find(parts.Tasks, JobTasks.NameOf(recipe))(new(recipe, rank.Folder, JobRunner.NameOf(payload.Base)));
        // Labels, class weights and what is frozen until when follow from the data; the examples themselves are not kept.
        var datasets = await LoadedDataset.ReadAsync(blobs, payload.Read, recipe, CancellationToken.None).ConfigureAwait(false);
        task.Check(datasets);
        var objective = task.Start(engine, await task.PrepareAsync(datasets, new(blobs, payload.Read, clock), CancellationToken.None).ConfigureAwait(false));
        await Task.Factory.StartNew(() => follower.Run(objective, HelloFrame.Of(objective, recipe, codeVersion)), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
    }
}
