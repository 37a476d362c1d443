using Microsoft.Extensions.Hosting;
using Temper.Storage.Sql;

namespace Temper.Registry.Schema;

/// <summary>Migrates before the host listens: services that were added before the server start before it.</summary>
internal sealed class MigrationService(Db db) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Migration.RunAsync(db, cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
