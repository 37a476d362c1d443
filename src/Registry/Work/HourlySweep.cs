using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Temper.Core.Errors;

namespace Temper.Registry.Work;

/// <summary>Sees to something once an hour, from the start on. What the surroundings keep from being done is tried again an hour later.</summary>
internal abstract class HourlySweep(TimeProvider clock, ILogger log) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);

    /// <summary>Time.</summary>
    protected TimeProvider Clock => clock;

    /// <summary>One round; how much it did.</summary>
    public abstract Task<int> SweepAsync(CancellationToken ct);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (TemperException e) when (e.Kind == ErrorKind.Environment)
            {
                log.LogWarning(e, "An hourly round could not be made; trying again in {Every}.", Every);
            }
            await Task.Delay(Every, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
