using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Training.Jobs;

namespace Temper.Services.Trainer;

/// <summary>The train role: a supervisor of jobs for as long as the host lives, or until nothing is left to claim.</summary>
internal sealed class TrainRole(Settings settings, IServiceProvider services, IHostApplicationLifetime host, ILogger<TrainRole> log) : BackgroundService
{
    /// <summary>3 when the supervisor failed.</summary>
    public static int ExitCode { get; private set; }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var registry = services.GetRequiredService<RegistryClient>();
            var doorbell = services.GetService<IDoorbell>() ?? new RegistryDoorbell(registry);
            await new JobSupervisor(Options(), registry, doorbell, Console.Error, TimeProvider.System).RunAsync(stoppingToken);
        }
        catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
        {
            log.LogCritical(e, "The supervisor of training jobs failed");
            ExitCode = 3;
        }
        host.StopApplication();
    }

    private SupervisorOptions Options()
    {
        string[] inherited = [.. Environment.GetCommandLineArgs().Skip(1)];
        var program = typeof(TrainRole).Assembly.Location;
        return new SupervisorOptions
        {
            Executable = Environment.ProcessPath!,
            Arguments = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [program, "run-job", .. inherited] : ["run-job", .. inherited],
            Registry = settings.Registry,
            ApiKey = settings.ApiKey,
            Blobs = settings.Blobs,
            CacheFolder = settings.CacheFolder,
            Threads = settings.Threads,
            MostJobs = settings.MostJobs,
            Memory = settings.Memory,
            Engine = Engines.Choose(settings, services),
            Worker = $"{Environment.MachineName}/{Environment.ProcessId}/train",
            Lease = settings.Lease,
            Once = settings.Once,
            DieAt = settings.DieAt,
        };
    }
}
