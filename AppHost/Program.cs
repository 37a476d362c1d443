using Aspire.Hosting.Azure;
using Azure.Provisioning.ServiceBus;
using Azure.Provisioning.Storage;
using Temper.AppHost;

var builder = DistributedApplication.CreateBuilder(args);
builder.AddAzureContainerAppEnvironment("env").ConfigureInfrastructure(GpuJob.AddProfile(builder.Configuration["Trainer:GpuProfile"] ?? "Consumption-GPU-NC24-A100"));
var apiKey = builder.AddParameter("api-key", secret: true);

var storage = builder.AddAzureStorage("storage").RunAsEmulator(azurite => azurite.WithDataVolume());
var blobs = storage.AddBlobs("drop");
var uploads = storage.AddBlobContainer("uploads");   // what clients put straight into storage; everything else lies in 'state', by prefix
var state = storage.AddBlobContainer("state", "temper");
var bus = builder.AddAzureServiceBus("messaging").RunAsEmulator(emulator => emulator.WithLifetime(ContainerLifetime.Persistent));
var stages = bus.AddServiceBusQueue("ingest-stages").WithProperties(Doorbells.Configure);
var jobs = bus.AddServiceBusQueue("training-jobs").WithProperties(Doorbells.Configure);
bus.AddServiceBusTopic("events");
var database = builder.AddAzurePostgresFlexibleServer("postgres").RunAsContainer().AddDatabase("registry-db", "registry");

var registry = builder.AddImage("registry", "Services.Registry").WithHttpEndpoint(targetPort: 8080)   // internal: no external endpoint is asked for
    .WithDatabase(database).WithState(blobs, state).WithBus(bus).WithEnvironment("ApiKey", apiKey).WithHttpHealthCheck("/health/ready")
    .WithRoleAssignments(storage, StorageBuiltInRole.StorageBlobDataContributor)
    .WithRoleAssignments(bus, ServiceBusBuiltInRole.AzureServiceBusDataSender)
    .PublishAsAzureContainerApp((_, app) => app.Template.Scale.MinReplicas = 1);

builder.AddAzureFunctionsProject<Projects.Functions_Ingest>("ingest").WithHostStorage(storage).WithFunctionRights(storage, bus)
    .WithReference(blobs).WithReference(uploads).WithReference(bus).WithState(blobs, state).WithRegistry(registry, apiKey).WaitFor(stages)
    .PublishAsAzureContainerApp((_, app) => app.Template.Scale.MinReplicas = 1);   // a polling blob trigger does not wake an app from zero

var scaler = builder.AddAzureUserAssignedIdentity("trainer-scaler").WithRoleAssignments(bus, ServiceBusBuiltInRole.AzureServiceBusDataOwner);
builder.AddImage("trainer", "Services.Trainer").WithTraining(builder).WithState(blobs, state).WithBus(bus).WithRegistry(registry, apiKey).WaitFor(jobs)
    .WithRoleAssignments(storage, StorageBuiltInRole.StorageBlobDataContributor)
    .WithRoleAssignments(bus, ServiceBusBuiltInRole.AzureServiceBusDataReceiver)
    .PublishAsAzureContainerAppJob(GpuJob.Configure(bus.Resource, scaler.Resource));
builder.AddImage("serve", "Services.Trainer").WithEnvironment("Trainer__Roles", "serve").WithHttpEndpoint(targetPort: 8080).WithRegistry(registry, apiKey)
    .PublishAsAzureContainerApp((_, app) => app.Template.Scale.MinReplicas = 1);
builder.Build().Run();
