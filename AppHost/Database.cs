using Aspire.Hosting.Azure;
using Azure.Provisioning.PostgreSql;

namespace Temper.AppHost;

/// <summary>The registry's database: text sorts by bytes (C collation), as in SQLite; in Azure only identities sign in.</summary>
internal static class Database
{
    /// <summary>Connections of one registry: the smallest server takes 35, and during an update two registries run.</summary>
    private const string MostConnections = "15";

    /// <summary>Local container and Azure server, and on either the database <c>registry</c>.</summary>
    public static IResourceBuilder<AzurePostgresFlexibleServerDatabaseResource> AddRegistryDatabase(this IDistributedApplicationBuilder builder) => builder
        .AddAzurePostgresFlexibleServer("postgres").ConfigureInfrastructure(SortByBytes)
        // Aspire's own arguments, and the collation behind them.
        .RunAsContainer(postgres => postgres.WithDataVolume().WithEnvironment("POSTGRES_INITDB_ARGS", "--auth-host=scram-sha-256 --auth-local=scram-sha-256 --encoding=UTF8 --locale=C"))
        .AddDatabase("registry-db", "registry");

    /// <summary>Hands the database to the registry. In Azure the registry has an identity of a known name, which is its user there: tokens carry no name that
    /// the server would look for.</summary>
    public static IResourceBuilder<ProjectResource> WithDatabase(this IResourceBuilder<ProjectResource> registry, IResourceBuilder<AzurePostgresFlexibleServerDatabaseResource> database)
    {
        registry.WithReference(database).WaitFor(database).WithEnvironment("Edition", "azure");
        if (registry.ApplicationBuilder.ExecutionContext.IsRunMode)
            return registry.WithEnvironment("Database", database.Resource.ConnectionStringExpression);
        var identity = registry.ApplicationBuilder.AddAzureUserAssignedIdentity("registry-identity");
        return registry.WithAzureUserAssignedIdentity(identity)
            .WithEnvironment("Database", ReferenceExpression.Create($"{database.Resource.ConnectionStringExpression};Username={identity.Resource.PrincipalName};Maximum Pool Size={MostConnections}"));
    }

    private static void SortByBytes(AzureResourceInfrastructure infrastructure)
    {
        foreach (var database in infrastructure.GetProvisionableResources().OfType<PostgreSqlFlexibleServerDatabase>())
            (database.Charset, database.Collation) = ("UTF8", "C");
    }
}
