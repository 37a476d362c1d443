using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Temper.Core.Errors;
using Temper.Registry.Events;

namespace Temper.Registry.Sweeps;

/// <summary>Looks at sweeps whenever something was committed here, and now and then, because another process may have committed or this one was away.</summary>
internal sealed class SweepService(SweepProgress progress, Journal journal, RegistryOptions options, TimeProvider clock, ILogger<SweepService> log) : BackgroundService
{
    /// <summary>Reports of many jobs are one reason to look, not many.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(100);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var beat = journal.Committed.Next;
                await progress.SweepAsync(stoppingToken);
                await Pulse.WaitAsync(beat, options.LookEvery, clock, stoppingToken);
                await Task.Delay(Rest, clock, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (TemperException e)
            {
                log.LogWarning(e, "Sweeps could not be looked at.");
                await Task.Delay(options.LookEvery, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
