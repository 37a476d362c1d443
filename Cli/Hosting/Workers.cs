using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Temper.Core.Blobs;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Ingest;
using Temper.Models;
using Temper.Storage.Blobs;
using Temper.Storage.Cache;
using Temper.Storage.Folder;
using Temper.Tensors;
using Temper.Training.Jobs;
using Temper.Versioning.Backups;

namespace Temper.Cli.Hosting;

/// <summary>What a worker process needs to reach the others.</summary>
/// <param name="Registry">Address of the registry.</param>
/// <param name="ApiKey">Where it asks for one.</param>
/// <param name="Blobs">Address of the blob store.</param>
/// <param name="ModelCache">Local folder for model files.</param>
/// <param name="Threads">Threads of a job's engine; 0 takes every processor.</param>
/// <param name="Name">What the workers call themselves, before their role.</param>
internal sealed record WorkerSettings(Uri Registry, string? ApiKey, string Blobs, string ModelCache, int Threads, string Name)
{
    /// <summary>Name of this process among all that may share a registry.</summary>
    public static string ThisProcess { get; } = $"{Environment.MachineName}/{Environment.ProcessId}";

    /// <summary>Folder with the plug-ins of jobs; null for none.</summary>
    public string? Plugins { get; init; }
}

/// <summary>The loops that claim work: of the embedded server, and of <c>temper worker</c>.</summary>
internal static class Workers
{
    /// <summary>Registries restart; a worker waits for them rather than losing its work.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Of cached vectors, kept on this machine's disk where the blob store is far away.</summary>
    private const long NearBytes = 4L << 30;

    private static readonly Action<ILogger, string, int, long, Exception?> BackedUp =
        LoggerMessage.Define<string, int, long>(LogLevel.Information, new(1, "backed_up"), "Backup {Snapshot}: {Files} files, {NewBytes} bytes of them new");

    private static readonly Action<ILogger, string, Exception?> BackupFailed =
        LoggerMessage.Define<string>(LogLevel.Error, new(2, "backup_failed"), "The backup failed and is tried again: {Reason}");

    /// <summary>How the names of an embedded server's own workers begin.</summary>
    public const string Embedded = "embedded/";

    /// <summary>Durable step at which this process, or a job's in its first attempt, kills itself; for tests.</summary>
    public static string? CrashAt => Environment.GetEnvironmentVariable("TEMPER_CRASH_AT") is { Length: > 0 } step ? step : null;

    /// <summary>Whether recipes may use the processor's bf16 matrix instructions.</summary>
    public static MatrixPath Matrix => JobEngines.Allowed(Environment.GetEnvironmentVariable("TEMPER_MATRIX"));

    public static async Task RunAsync(EmbeddedOptions options, Uri address, IServiceProvider services, CancellationToken ct)
    {
        var settings = new WorkerSettings(address, options.ApiKey, options.Home.Blobs, options.Home.ModelCache, options.Threads, Embedded + WorkerSettings.ThisProcess) { Plugins = options.Plugins };
        var loops = new List<Task> { IngestAsync(settings, services, ct), TrainAsync(settings, services, ct) };
        if (options.WatchFolder is { } folder)
            loops.Add(new FolderWatch(folder, settings, options.Home, services.GetRequiredService<ILogger<FolderWatch>>(), TimeProvider.System).RunAsync(ct));
        if (options.Backups is { } backups)
            loops.Add(BackupsAsync(backups, services.GetRequiredService<ILoggerFactory>().CreateLogger("Temper.Backups"), ct));
        await FirstFailureAsync(loops);
    }

    private static async Task BackupsAsync(BackupSchedule backups, ILogger log, CancellationToken ct)
    {
        try
        {
            await backups.RunAsync(done => BackedUp(log, done.Snapshot, done.Files, done.NewBytes, null), error => BackupFailed(log, error.Message, null), ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The server stops; the next start backs up when it is due.
        }
    }

    public static async Task IngestAsync(WorkerSettings settings, IServiceProvider services, CancellationToken ct)
    {
        using var registry = Connect(settings);
        var folders = new ModelFolderCache(registry, settings.ModelCache, TimeProvider.System);
        var blobs = BlobStores.Open(settings.Blobs, TimeProvider.System);
        using var near = blobs is FolderBlobStore ? null : new NearShards(new FolderBlobStore(Path.Combine(settings.ModelCache, "..", "records"), TimeProvider.System), NearBytes);
        var options = new IngestOptions
        {
            Worker = $"{settings.Name}/ingest",
            Near = near,
            Scorers = [.. services.GetServices<IRecordScorer>()],
            Previews = async (model, stop) => ModelFolder.Open(await folders.GetAsync(model.Base ?? model, stop)),
            Embedders = async (model, stop) => await RegisteredModelEmbedder.OpenAsync(folders, model, () => CpuEngine.Create(settings.Threads), stop),
        };
        await new IngestWorker(registry, Bell(services, registry), blobs, options, TimeProvider.System).RunAsync(ct);
    }

    public static async Task TrainAsync(WorkerSettings settings, IServiceProvider services, CancellationToken ct)
    {
        // Jobs read it themselves; a wrong word shall end the worker and not each of them.
        _ = Matrix;
        using var registry = Connect(settings);
        var supervisor = new SupervisorOptions
        {
            Executable = Environment.ProcessPath!,
            Arguments = [.. Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(Workers).Assembly.Location, "run-job"] : (string[])["run-job"], .. settings.Plugins is { } plugins ? ["--plugins", plugins] : (string[])[]],
            Registry = settings.Registry,
            ApiKey = settings.ApiKey,
            Blobs = settings.Blobs,
            CacheFolder = settings.ModelCache,
            Threads = settings.Threads,
            DieAt = CrashAt,
            Worker = $"{settings.Name}/train",
        };
        await new JobSupervisor(supervisor, registry, Bell(services, registry), Console.Error, TimeProvider.System).RunAsync(ct);
    }

    private static RegistryClient Connect(WorkerSettings settings) => new(settings.Registry, settings.ApiKey, Patience, TimeProvider.System);

    /// <summary>A plug-in's bell where one is registered, else the registry's own.</summary>
    private static IDoorbell Bell(IServiceProvider services, RegistryClient registry) => services.GetService<IDoorbell>() ?? new RegistryDoorbell(registry);

    /// <summary>Waits for all; as soon as one fails, its error is thrown.</summary>
    private static async Task FirstFailureAsync(List<Task> loops)
    {
        while (loops.Count > 0)
        {
            var ended = await Task.WhenAny(loops);
            await ended;
            loops.Remove(ended);
        }
    }
}
