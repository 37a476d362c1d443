using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Temper.Core.Errors;
using Temper.Storage.Sql;

namespace Temper.Registry.Repositories;

/// <summary>Every hour removes packs that nobody went on sending for a week, leases that ran out, and packs that nothing leads to.</summary>
internal sealed class RepositorySweeper(Db db, PackUploads uploads, PackLeases leases, PackCollection packs, RegistryOptions options, TimeProvider clock, ILogger<RepositorySweeper> log) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);
    private static readonly TimeSpan Idle = TimeSpan.FromDays(7);

    /// <summary>One round; how many uploads it removed.</summary>
    public async Task<int> SweepAsync(CancellationToken ct)
    {
        await leases.SweepAsync(ct);
        var before = (clock.GetUtcNow() - Idle).ToUnixTimeMilliseconds();
        var due = await db.QueryAsync<string>("select id from pack_uploads where state = 'open' and touched_ms < @before order by touched_ms, id limit 100", new { before }, ct);
        foreach (var id in due)
            await uploads.EndAsync(id, "dropped", ct);
        if (options.CollectPacks && await packs.IsDueAsync(options.PackGrace, ct) && await packs.RunAsync(options.PackGrace, false, ct) is { } report)
            log.LogInformation("Of {Packs} packs {Removed} were removed, {Noted} more are led to by nothing; {Broken} objects are missing.", report.Packs, report.Removed, report.Noted, report.Broken.Count);
        return due.Count;
    }

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
                log.LogWarning(e, "Unfinished packs could not be removed; trying again in {Every}.", Every);
            }
            await Task.Delay(Every, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
