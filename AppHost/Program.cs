using Aspire.Hosting.Azure;
using Azure.Provisioning.ServiceBus;
using Temper.AppHost;

var builder = DistributedApplication.CreateBuilder(args);
if (builder.ExecutionContext.IsRunMode && Prerequisites.Missing(Environment.GetEnvironmentVariable("PATH")) is { } missing)
{
    Console.Error.WriteLine(missing);
    return Prerequisites.ExitCode;
}
var settings = new Settings(builder.Configuration, builder.ExecutionContext.IsPublishMode);
builder.AddAzureContainerAppEnvironment("env").ConfigureInfrastructure(TrainerJob.AddProfile(settings));
var apiKey = settings.Public ? builder.AddParameter("api-key", secret: true) : null;

var storage = builder.AddAzureStorage("storage").ConfigureInfrastructure(Retention.KeepDeleted).RunAsEmulator(azurite => azurite.WithDataVolume());
var containers = storage.AddContainers();
var blobs = storage.AddBlobs("drop");   // not 'blobs': a variable of that name is the address of the whole store
var bus = builder.AddAzureServiceBus("messaging").RunAsEmulator(emulator => emulator.WithLifetime(ContainerLifetime.Persistent));
var stages = bus.AddServiceBusQueue("ingest-stages").WithProperties(Doorbells.Configure);
var jobs = bus.AddServiceBusQueue("training-jobs").WithProperties(Doorbells.Configure);
bus.AddServiceBusQueue("blob-arrivals").WithProperties(Doorbells.Configure);   // silent until infra/event-grid is deployed
bus.AddServiceBusTopic("events").WithProperties(Doorbells.Configure);
var database = builder.AddRegistryDatabase();

var registry = builder.AddRegistry(settings, apiKey).WithDatabase(database).WithBlobs(blobs, containers).WithBus(bus)
    .WithRights(storage, bus, ServiceBusBuiltInRole.AzureServiceBusDataSender);

builder.AddAzureFunctionsProject<Projects.Functions_Ingest>("ingest").WithHostStorage(storage).WithFunctionRights(storage, bus)
    .WithReference(blobs).WithReference(bus).WithBlobs(blobs, containers).WithRegistry(registry, apiKey).WaitFor(stages).AsIngest(settings);

var scaler = builder.AddScaler(jobs.Resource);
builder.AddTrainerImage("trainer", "train", settings.Gpu, settings).AsTrainer(settings, bus.Resource, scaler.Resource)
    .WithBlobs(blobs, containers).WithBus(bus).WithRegistry(registry, apiKey).WaitFor(jobs)
    .WithRights(storage, bus, ServiceBusBuiltInRole.AzureServiceBusDataReceiver);

builder.AddTrainerImage("serve", "serve", settings.ServeOnGpu, settings).AsServer(settings).WithRegistry(registry, apiKey);
builder.Build().Run();
return 0;
