using Microsoft.Extensions.Logging;
using Temper.Registry.Work;
using Temper.Storage.Sql;

namespace Temper.Registry.Repositories;

/// <summary>Every hour removes packs that nobody went on sending for a week, leases that ran out, and packs that nothing leads to.</summary>
internal sealed class RepositorySweeper(Db db, PackUploads uploads, PackLeases leases, PackCollection packs, RegistryOptions options, TimeProvider clock, ILogger<RepositorySweeper> log) : HourlySweep(clock, log)
{
    private static readonly TimeSpan Idle = TimeSpan.FromDays(7);

    /// <inheritdoc/>
    public override async Task<int> SweepAsync(CancellationToken ct)
    {
        await leases.SweepAsync(ct);
        var before = (Clock.GetUtcNow() - Idle).ToUnixTimeMilliseconds();
        var due = await db.QueryAsync<string>("select id from pack_uploads where state = 'open' and touched_ms < @before order by touched_ms, id limit 100", new { before }, ct);
        foreach (var id in due)
            await uploads.EndAsync(id, "dropped", ct);
        if (options.CollectPacks && await packs.IsDueAsync(options.PackGrace, ct) && await packs.RunAsync(options.PackGrace, false, ct) is { } report)
            log.LogInformation("Of {Packs} packs {Removed} were removed, {Noted} more are led to by nothing; {Broken} objects are missing.", report.Packs, report.Removed, report.Noted, report.Broken.Count);
        return due.Count;
    }
}
