using Microsoft.Extensions.Diagnostics.HealthChecks;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Storage.Sql;

namespace Temper.Registry.Http;

/// <summary>Whether the database answers.</summary>
internal sealed class DatabaseCheck(Db db) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await db.ScalarAsync<long>("select last from event_counter where id = 1", null, cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (TemperException e)
        {
            return HealthCheckResult.Unhealthy(e.Message, e);
        }
    }
}

/// <summary>Whether the blob store answers.</summary>
internal sealed class BlobCheck(IBlobStore blobs) : IHealthCheck
{
    private static readonly BlobKey Nothing = BlobKey.Of("health", "no-such-blob");

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await blobs.FindAsync(Nothing, cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (TemperException e)
        {
            return HealthCheckResult.Unhealthy(e.Message, e);
        }
    }
}
