using Aspire.Hosting.Azure;
using Azure.Provisioning.AppContainers;

namespace Temper.AppHost;

/// <summary>How the product's own processes are started.</summary>
internal static class Processes
{
    /// <summary>256 MiB.</summary>
    private const string LargestBody = "268435456";

    /// <summary>The registry: a project on this machine, in Azure the image of its Dockerfile, which has the plug-in for the bus inside.</summary>
    public static IResourceBuilder<ProjectResource> AddRegistry(this IDistributedApplicationBuilder builder, Settings settings, IResourceBuilder<ParameterResource>? apiKey)
    {
        var registry = builder.AddProject<Projects.Services_Registry>("registry").WithHealth().WithIngress(settings).WithKey(apiKey)
            .PublishAsDockerFile(image => image.WithDockerfile("..", "Services.Registry/Dockerfile"))
            .PublishAsAzureContainerApp((_, app) => Scale(app, settings.SizeOf("Registry"), 1, 1));   // one: those who wait at it count as requests, and would start more
        return builder.ExecutionContext.IsRunMode ? registry.WithEnvironment("Plugins__Path", Path.Combine(AppContext.BaseDirectory, "plugins")).WithNiceties(apiKey) : registry;
    }

    /// <summary>Ingests: takes bodies as large as its code does (the Functions host's own limit is 100 MB), and knows the team's own scorer where one is named.
    /// One replica stays, because a polling blob trigger does not wake an app from zero; the platform starts more for long queues.</summary>
    public static IResourceBuilder<AzureFunctionsProjectResource> AsIngest(this IResourceBuilder<AzureFunctionsProjectResource> functions, Settings settings)
    {
        functions.WithEnvironment("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", LargestBody)
            .PublishAsAzureContainerApp((_, app) => Scale(app, settings.SizeOf("Ingest"), 1));
        return settings.Scorer is { } scorer ? functions.WithEnvironment("MlNet__Name", scorer).WithEnvironment("MlNet__Model", settings.ScorerModel) : functions;
    }

    /// <summary>A container of the trainer's image, for one role; with libtorch for CUDA inside where it has a GPU to serve.</summary>
    public static IResourceBuilder<ContainerResource> AddTrainerImage(this IDistributedApplicationBuilder builder, string name, string role, bool gpu, Settings settings)
    {
        var container = builder.AddDockerfile(name, "..", "Services.Trainer/Dockerfile").WithBuildArg("TORCH", gpu ? "cuda" : "none").WithOtlpExporter()
            .WithEnvironment("Trainer__Roles", role).WithEnvironment("Trainer__Cache", settings.ModelCache);
        if (builder.ExecutionContext.IsRunMode || settings.Share)
            container.WithVolume($"temper-{name}-models", settings.ModelCache);
        return gpu && builder.ExecutionContext.IsRunMode ? container.WithContainerRuntimeArgs(Prerequisites.GpuArguments(builder.Configuration["ASPIRE_CONTAINER_RUNTIME"], Environment.GetEnvironmentVariable("PATH"))) : container;
    }

    /// <summary>Trains: in Azure what is queued, then it ends; on this machine one job after another for as long as AppHost runs.</summary>
    public static IResourceBuilder<ContainerResource> AsTrainer(this IResourceBuilder<ContainerResource> trainer, Settings settings, AzureServiceBusResource bus, AzureUserAssignedIdentityResource scaler) => trainer
        .WithEnvironment("Trainer__Once", trainer.ApplicationBuilder.ExecutionContext.IsPublishMode ? "true" : "false")
        .PublishAsAzureContainerAppJob(TrainerJob.Configure(settings, bus, scaler));

    /// <summary>Answers <c>/v1</c>.</summary>
    public static IResourceBuilder<ContainerResource> AsServer(this IResourceBuilder<ContainerResource> server, Settings settings) => server
        .WithHttpEndpoint(targetPort: 8080).WithIngress(settings).WithHealth()
        .PublishAsAzureContainerApp((_, app) =>
        {
            Scale(app, settings.ServeOnGpu ? settings.GpuSize : settings.CpuSize, settings.LeastServers, settings.MostServers);
            if (settings.ServeOnGpu)
                app.WorkloadProfileName = Settings.GpuProfileName;
        });

    /// <summary>How large each replica is, and how many there are; without <paramref name="most"/> the platform's own limit of ten holds.</summary>
    private static void Scale(ContainerApp app, (double Cpu, string Memory) size, int least, int? most = null)
    {
        app.Template.Scale.MinReplicas = least;
        if (most is { } limit)
            app.Template.Scale.MaxReplicas = limit;
        var container = app.Template.Containers[0].Value!;
        (container.Resources.Cpu, container.Resources.Memory) = size;
    }
}
