using Aspire.Hosting.Azure;
using Azure.Provisioning.ServiceBus;
using Azure.Provisioning.Storage;

namespace Temper.AppHost;

/// <summary>What one process is told of another, and may do to it.</summary>
internal static class Edges
{
    private static readonly string[] Containers = ["uploads", "cache", "models"];

    /// <summary>The containers, each a resource of its own, and all together as the product's one blob store: prefixes of the first two names lie in theirs, everything else in the last.</summary>
    public static IReadOnlyList<IResourceBuilder<AzureBlobStorageContainerResource>> AddContainers(this IResourceBuilder<AzureStorageResource> storage) =>
        [.. Containers.Select(name => storage.AddBlobContainer(name))];

    /// <summary>The blob store: an address in Azure, Azurite's connection string locally.</summary>
    public static IResourceBuilder<T> WithBlobs<T>(this IResourceBuilder<T> process, IResourceBuilder<AzureBlobStorageResource> blobs, IEnumerable<IResourceBuilder<AzureBlobStorageContainerResource>> containers)
        where T : IResourceWithEnvironment, IResourceWithWaitSupport
    {
        foreach (var container in containers)
            process.WaitFor(container);
        return process.WithEnvironment("Blobs", ReferenceExpression.Create($"{blobs.Resource.ConnectionStringExpression};Containers={string.Join(',', Containers)}"));
    }

    /// <summary>The namespace; the plug-in that rings and relays through it finds it under this name.</summary>
    public static IResourceBuilder<T> WithBus<T>(this IResourceBuilder<T> process, IResourceBuilder<AzureServiceBusResource> bus)
        where T : IResourceWithEnvironment, IResourceWithWaitSupport => process.WithReference(bus).WaitFor(bus);

    /// <summary>The registry's address, and its key where it has one.</summary>
    public static IResourceBuilder<T> WithRegistry<T>(this IResourceBuilder<T> process, IResourceBuilder<ProjectResource> registry, IResourceBuilder<ParameterResource>? apiKey)
        where T : IResourceWithEnvironment, IResourceWithWaitSupport =>
        process.WithEnvironment("Registry", registry.GetEndpoint("http")).WithKey(apiKey).WaitFor(registry);

    /// <summary>The API key as a secret.</summary>
    public static IResourceBuilder<T> WithKey<T>(this IResourceBuilder<T> process, IResourceBuilder<ParameterResource>? apiKey)
        where T : IResourceWithEnvironment => apiKey is null ? process : process.WithEnvironment("ApiKey", apiKey);

    /// <summary>Reachable from outside where the deployment asks for it.</summary>
    public static IResourceBuilder<T> WithIngress<T>(this IResourceBuilder<T> process, Settings settings)
        where T : IResourceWithEndpoints => settings.Public ? process.WithExternalHttpEndpoints() : process;

    /// <summary>Waited for on this machine and probed in Azure: it lives while it answers, and gets requests when all it needs answers, too.</summary>
    public static IResourceBuilder<T> WithHealth<T>(this IResourceBuilder<T> process)
        where T : IResourceWithEndpoints, IResourceWithProbes => process.ApplicationBuilder.ExecutionContext.IsRunMode
        ? process.WithHttpHealthCheck("/health/ready")
        : process.WithHttpProbe(ProbeType.Liveness, "/health/live", timeoutSeconds: 5, failureThreshold: 6).WithHttpProbe(ProbeType.Readiness, "/health/ready", timeoutSeconds: 5);

    /// <summary>Reads and writes blobs, and does to the bus what <paramref name="onBus"/> says; nothing else of either.</summary>
    public static IResourceBuilder<T> WithRights<T>(this IResourceBuilder<T> process, IResourceBuilder<AzureStorageResource> storage, IResourceBuilder<AzureServiceBusResource> bus, ServiceBusBuiltInRole onBus)
        where T : IResource => process
        .WithRoleAssignments(storage, StorageBuiltInRole.StorageBlobDataContributor)
        .WithRoleAssignments(bus, onBus);

    /// <summary>What the Functions host needs of its storage account (all of it must be named: an assignment replaces the defaults) and of the bus
    /// (dead letters are sent again). Host
    /// keys cannot lie in an account that only identities reach.</summary>
    public static IResourceBuilder<AzureFunctionsProjectResource> WithFunctionRights(this IResourceBuilder<AzureFunctionsProjectResource> functions,
        IResourceBuilder<AzureStorageResource> storage, IResourceBuilder<AzureServiceBusResource> bus) => functions
        .WithRoleAssignments(storage, StorageBuiltInRole.StorageBlobDataOwner, StorageBuiltInRole.StorageQueueDataContributor,
            StorageBuiltInRole.StorageTableDataContributor, StorageBuiltInRole.StorageAccountContributor)
        .WithRoleAssignments(bus, ServiceBusBuiltInRole.AzureServiceBusDataReceiver, ServiceBusBuiltInRole.AzureServiceBusDataSender)
        .WithEnvironment("AzureWebJobsSecretStorageType", functions.ApplicationBuilder.ExecutionContext.IsPublishMode ? "ContainerApps" : "Files");
}
