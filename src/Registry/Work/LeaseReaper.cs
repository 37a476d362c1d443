using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Temper.Core.Errors;
using Temper.Registry.Jobs;

namespace Temper.Registry.Work;

/// <summary>Puts rows back whose lease ran out, so that everybody sees it, also when nobody claims; and lets jobs go on whose data are there.</summary>
internal sealed class LeaseReaper(Leases leases, ValidatingJobs validating, RegistryOptions options, TimeProvider clock, ILogger<LeaseReaper> log) : BackgroundService
{
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.OwnWorkers is { } workers && await leases.PutBackOfAsync(workers, cancellationToken) is > 0 and var rows)
            log.LogInformation("{Rows} rows of workers that ended with the process before this one wait again.", rows);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(options.LookEvery, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                if (await leases.AnyExpiredAsync(stoppingToken))
                    await leases.PutBackExpiredAsync(stoppingToken);
                await validating.SweepAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (TemperException e) when (e.Kind == ErrorKind.Environment)
            {
                log.LogWarning(e, "Leases could not be looked at.");
            }
        }
    }
}
