using System.Text.Json;
using System.Threading.Channels;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Storage.Blobs;
using Temper.Storage.Folder;
using Temper.Models;
using Temper.Tensors;
using Temper.Training.Checkpoints;
using Temper.Training.Data;
using Temper.Training.Objectives;
using Temper.Training.Observers;
using Temper.Training.Ranks;
using Temper.Training.Recipes;
using Temper.Training.Tasks;

namespace Temper.Training.Jobs;

/// <summary>One job from its claim to its end: load, check, train, publish. It says how the job ended and lets its caller tell the registry.</summary>
internal sealed class JobRunner(JobStart start, JobParts parts, string codeVersion, RegistryClient registry, LeaseKeeper lease, TimeProvider clock)
{
    private const int MostAttempts = 5;
    private readonly IBlobStore _blobs = BlobStores.Open(start.Blobs, clock);
    private readonly string _scratch = Path.Combine(start.CacheFolder, "jobs", FormattableString.Invariant($"{start.Claim.Id}-{start.Claim.Fence:D8}"));
    private readonly RunControl _control = new() { PauseAt = start.Claim.PauseAt };

    public async Task<JobEnd> RunAsync()
    {
        using var stopping = lease.Stop.Register(() => _control.Ask(lease.Lost ? StopReason.LeaseLost : lease.CancelRequested ? StopReason.Cancelled : lease.PauseRequested ? StopReason.Paused : StopReason.HandedBack));
        try
        {
            return await TrainAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_control.Stopping)
        {
            return Stopped();
        }
        catch (TemperException e) when (e.Code == "worker_process_lost")
        {
            Console.Error.WriteLine(e.Message);
            return new(WorkState.Queued) { Crashed = true };
        }
        catch (TemperException e)
        {
            return Failed(e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Failed(new TemperException(DiskErrors.IsFull(e) ? "disk_full" : "storage_unavailable", $"Reading or writing a file failed: {e.Message}", inner: e));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            var id = Ulid.New(clock);
            Console.Error.WriteLine($"{id}: {e}");
            return new(WorkState.Failed, Problems: [new("internal", $"Training met a state that it should never meet ({e.GetType().Name}; id {id}).")]);
        }
        finally
        {
            if (Directory.Exists(_scratch))
                Directory.Delete(_scratch, recursive: true);
        }
    }

    private async Task<JobEnd> TrainAsync()
    {
        var payload = start.Claim.Payload.Deserialize<TrainPayload>(Wire.Json) ?? throw new TemperException("invalid_json", "The job has no payload.");
        var recipe = RecipeReader.Read(payload.Recipe, parts.Parts);
        Directory.CreateDirectory(_scratch);
        var ranks = recipe.Training.DataParallelSize ?? 1;
        using var engine = Engine(recipe.Training.Bf16 ? MatrixPath.Bf16 : MatrixPath.Exact, ThreadsOf(0, ranks));
        var channel = Channel.CreateUnbounded<TrainEvent>(new UnboundedChannelOptions { SingleReader = true });
        var reporter = new JobReporter(registry, lease, recipe.Training.LoggingSteps, clock);
        var reporting = reporter.RunAsync(channel.Reader);
        var events = new ObserverRelay(channel.Writer, parts.Observers, new(start.Claim.Id.ToString(), start.Claim.Attempt, recipe), clock);
        try
        {
            using var loaded = await LoadAsync(payload, recipe, engine, events).ConfigureAwait(false);
            reporter.Parts = loaded.Run.Parts ?? [];
            var outcome = await OnItsOwnThread(() => new Trainer(clock).Run(loaded.Run, _control, events)).ConfigureAwait(false);
            if (outcome is not TrainOutcome.Completed done)
                return Stopped() with { Reached = JobEnd.At(outcome.Step, outcome.Log) };
            lease.Progress(0.985, "publish");
            var lineage = new Lineage(start.Claim.Id, payload.Dataset, payload.Base, payload.RecipeDigest, codeVersion, engine.Info.NumericsId, payload.Datasets, done.Substituted.Count == 0 ? null : done.Substituted, loaded.Plugins.Count == 0 ? null : loaded.Plugins)
            {
                Sweep = payload.Sweep,
                Validation = payload.Validation,
                From = done.From,
            };
            return new(WorkState.Completed, await new JobResult(_blobs, start.Claim, _scratch).PublishAsync(loaded.Run, loaded.Task, loaded.Base, lineage, done, lease.Stop).ConfigureAwait(false))
            {
                Reached = JobEnd.At(done.ResultStep, done.Log) with { Step = done.Step },
            };
        }
        finally
        {
            await events.SettleAsync().ConfigureAwait(false);
            channel.Writer.Complete();
            await reporting.ConfigureAwait(false);
        }
    }

    private async Task<LoadedRun> LoadAsync(TrainPayload payload, Recipe recipe, IEngine engine, ChannelWriter<TrainEvent> events)
    {
        using var span = TrainingTelemetry.Source.StartActivity("job.load");
        lease.Progress(0.001, "load");
        if (payload.Base.Base is not null)
            throw new TemperException("not_supported_yet", $"{payload.Base.Name}:{payload.Base.Version} is an adapter; training goes on from whole models only.", "Name the model that the adapter was trained on.");
        var folder = TemplatedBase.Of(await new ModelFolderCache(registry, start.CacheFolder, clock).GetAsync(payload.Base, lease.Stop).ConfigureAwait(false), recipe, _scratch);
        var task = JobTasks.Find(parts.Tasks, JobTasks.NameOf(recipe))(new(recipe, folder, NameOf(payload.Base)));
        try
        {
            var plugins = parts.Used(recipe, ModelFolder.TypeOf(folder));
            return new(task, folder, await RunOfAsync(task, folder, payload, recipe, engine, plugins, events).ConfigureAwait(false), plugins);
        }
        catch
        {
            task.Dispose();
            throw;
        }
    }

    private async Task<TrainRun> RunOfAsync(JobTask task, string folder, TrainPayload payload, Recipe recipe, IEngine engine, IReadOnlyList<PluginPin> plugins, ChannelWriter<TrainEvent> events)
    {
        var datasets = await LoadedDataset.ReadAsync(_blobs, payload.Read, recipe, lease.Stop).ConfigureAwait(false);
        lease.Progress(0.01, "check");
        task.Check(datasets);
        var data = await task.PrepareAsync(datasets, new(_blobs, payload.Read, clock), lease.Stop).ConfigureAwait(false);
        await new JobPreview(_blobs, start.Claim).WriteAsync(data, task.Reader, events, lease.Stop).ConfigureAwait(false);
        foreach (var note in data.Notes)
            events.TryWrite(new TrainEvent.Said("warn", note));
        if (data.Parts.Count > 1)
            events.TryWrite(new TrainEvent.Said("info", $"Mixing {string.Join(", ", data.Parts.Select(part => $"{part.Id} ({part.Count} examples)"))}; `temper data simulate` shows the order."));
        if (JobEngines.WhyExact(recipe.Training.Bf16, engine.Info) is { } exact)
            events.TryWrite(new TrainEvent.Said("warn", exact));
        lease.Progress(0.02, "train");
        var crew = CrewOf(recipe.Training.DataParallelSize ?? 1, folder, events);
        return new()
        {
            Recipe = recipe,
            Crew = crew,
            Objective = Start(task, engine, data, crew),
            Train = data.Train,
            Parts = data.Parts,
            HeldOut = data.HeldOut,
            From = StartingPoint.Parse(recipe.ResumeFromCheckpoint) is { } other ? other with { Store = new(_blobs, "", BlobLayout.Runs(other.Job), _scratch) } : null,
            Checkpoints = new(_blobs, BlobLayout.Run(start.Claim.Id, start.Claim.Fence, "checkpoints").ToString(), BlobLayout.Runs(start.Claim.Id), _scratch),
            Identity = new(payload.Base.Digest, LoadedDataset.Identity(payload.Read), recipe.Digest(), codeVersion, engine.Info.NumericsId, plugins.Count == 0 ? null : string.Join(", ", plugins.Select(p => $"{p.Name} {p.Version} {p.Digest.Short}"))),
        };
    }

    /// <summary>The followers of a job that several processes share, started here: while they load, so does the leader. Null for a job of one process.</summary>
    private Crew? CrewOf(int size, string folder, ChannelWriter<TrainEvent> events)
    {
        if (size == 1)
            return null;
        events.TryWrite(new TrainEvent.Said("info", FormattableString.Invariant($"{size} processes share the micro-batches of every step, with {string.Join(", ", Enumerable.Range(0, size).Select(rank => ThreadsOf(rank, size)))} threads.")));
        var members = new List<CrewMember>();
        try
        {
            for (var rank = 1; rank < size; rank++)
                members.Add(FollowerProcess.Start(start, new(rank, size, folder), ThreadsOf(rank, size)));
            return new Crew(members);
        }
        catch
        {
            members.ForEach(member => member.End());
            throw;
        }
    }

    private static IObjective Start(JobTask task, IEngine engine, PreparedData data, Crew? crew)
    {
        try
        {
            return task.Start(engine, data);
        }
        catch
        {
            crew?.Dispose();
            throw;
        }
    }

    /// <summary>The job's threads, divided evenly; 0, every processor, for a job of one process.</summary>
    private int ThreadsOf(int rank, int size)
    {
        if (size == 1)
            return start.Threads;
        var all = start.Threads > 0 ? start.Threads : Environment.ProcessorCount;
        return Math.Max(1, all / size + (rank < all % size ? 1 : 0));
    }

    /// <summary>A base as an adapter's settings name it.</summary>
    internal static string NameOf(ModelPin model) => FormattableString.Invariant($"registry://{model.Name}:{model.Version}");

    private IEngine Engine(MatrixPath matrix, int threads) => parts.Engines.TryGetValue(start.Engine ?? "cpu", out var make)
        ? make(threads, matrix)
        : throw new TemperException("engine_unknown", $"There is no engine '{start.Engine}'; there are {string.Join(", ", parts.Engines.Keys.Order(StringComparer.Ordinal))}.");

    /// <summary>What the surroundings did may pass, so the row goes back, but not for ever.</summary>
    private JobEnd Failed(TemperException e)
    {
        foreach (var problem in e.Problems)
            Console.Error.WriteLine($"{problem.Code}: {problem.Message}");
        return e.Kind is ErrorKind.Environment && (start.Claim.Setbacks ?? start.Claim.Attempt - 1) < MostAttempts - 1 ? new(WorkState.Queued, Problems: e.Problems) : new(WorkState.Failed, Problems: e.Problems);
    }

    private JobEnd Stopped() => new(_control.Reason switch
    {
        StopReason.Cancelled => WorkState.Cancelled,
        StopReason.Paused => WorkState.Paused,
        _ => WorkState.Queued,
    });

    /// <summary>An engine is used by one thread, and the loop is one long computation.</summary>
    private static Task<TrainOutcome> OnItsOwnThread(Func<TrainOutcome> train) => Task.Factory.StartNew(() =>
    {
        using var span = TrainingTelemetry.Source.StartActivity("job.train");
        return train();
    }, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);

    private sealed record LoadedRun(JobTask Task, string Base, TrainRun Run, IReadOnlyList<PluginPin> Plugins) : IDisposable
    {
        public void Dispose()
        {
            Run.Crew?.Dispose();
            Task.Dispose();
        }
    }
}
