using Aspire.Hosting.Azure;
using Azure.Provisioning.ServiceBus;
using Azure.Provisioning.Storage;
using Microsoft.Extensions.Configuration;

namespace Temper.AppHost;

/// <summary>What one process is told of another.</summary>
internal static class Edges
{
    /// <summary>The container with the product's own blobs: an address in Azure, Azurite's connection string locally.</summary>
    public static IResourceBuilder<T> WithState<T>(this IResourceBuilder<T> process, IResourceBuilder<AzureBlobStorageResource> blobs, IResourceBuilder<AzureBlobStorageContainerResource> state)
        where T : IResourceWithEnvironment, IResourceWithWaitSupport
    {
        var name = state.Resource.BlobContainerName;
        var address = process.ApplicationBuilder.ExecutionContext.IsPublishMode
            ? ReferenceExpression.Create($"{blobs.Resource.ConnectionStringExpression}{name}")
            : ReferenceExpression.Create($"{blobs.Resource.ConnectionStringExpression};Container={name}");
        return process.WithEnvironment("Blobs", address).WaitFor(state);
    }

    /// <summary>The registry's database, as the connection string that Npgsql reads.</summary>
    public static IResourceBuilder<ContainerResource> WithDatabase(this IResourceBuilder<ContainerResource> registry, IResourceBuilder<AzurePostgresFlexibleServerDatabaseResource> database) =>
        registry.WithReference(database).WithEnvironment("Database", database.Resource.ConnectionStringExpression).WithEnvironment("Edition", "azure").WaitFor(database);

    /// <summary>What the Functions host needs of its storage account (all of it must be named: an assignment replaces the defaults) and of the bus. Host
    /// keys cannot lie in an account that only identities reach.</summary>
    public static IResourceBuilder<AzureFunctionsProjectResource> WithFunctionRights(this IResourceBuilder<AzureFunctionsProjectResource> functions,
        IResourceBuilder<AzureStorageResource> storage, IResourceBuilder<AzureServiceBusResource> bus) => functions
        .WithRoleAssignments(storage, StorageBuiltInRole.StorageBlobDataOwner, StorageBuiltInRole.StorageQueueDataContributor,
            StorageBuiltInRole.StorageTableDataContributor, StorageBuiltInRole.StorageAccountContributor)
        .WithRoleAssignments(bus, ServiceBusBuiltInRole.AzureServiceBusDataReceiver)
        .WithEnvironment("AzureWebJobsSecretStorageType", functions.ApplicationBuilder.ExecutionContext.IsPublishMode ? "ContainerApps" : "Files");

    /// <summary>The namespace; the plug-in that rings and relays through it finds it under this name.</summary>
    public static IResourceBuilder<T> WithBus<T>(this IResourceBuilder<T> process, IResourceBuilder<AzureServiceBusResource> bus)
        where T : IResourceWithEnvironment, IResourceWithWaitSupport => process.WithReference(bus).WaitFor(bus);

    /// <summary>The registry's address and key.</summary>
    public static IResourceBuilder<T> WithRegistry<T>(this IResourceBuilder<T> process, IResourceBuilder<ContainerResource> registry, IResourceBuilder<ParameterResource> apiKey)
        where T : IResourceWithEnvironment, IResourceWithWaitSupport =>
        process.WithEnvironment("Registry", registry.GetEndpoint("http")).WithEnvironment("ApiKey", apiKey).WaitFor(registry);

    /// <summary>A process whose image its own Dockerfile makes, plug-ins included.</summary>
    public static IResourceBuilder<ContainerResource> AddImage(this IDistributedApplicationBuilder builder, string name, string project) =>
        builder.AddDockerfile(name, "..", $"{project}/Dockerfile").WithOtlpExporter();

    /// <summary>Trains: one job per execution in Azure, one after another locally. Hands the machine's GPUs to the container where <c>Trainer:Gpu</c> asks
    /// for it: without NVIDIA's toolkit it would not start at all.</summary>
    public static IResourceBuilder<ContainerResource> WithTraining(this IResourceBuilder<ContainerResource> trainer, IDistributedApplicationBuilder builder)
    {
        trainer.WithEnvironment("Trainer__Roles", "train").WithEnvironment("Trainer__Once", builder.ExecutionContext.IsPublishMode ? "true" : "false");
        return builder.ExecutionContext.IsRunMode && builder.Configuration.GetValue("Trainer:Gpu", false) ? trainer.WithContainerRuntimeArgs("--gpus", "all") : trainer;
    }
}
