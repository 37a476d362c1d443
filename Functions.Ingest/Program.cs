using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Temper.Core.Blobs;
using Temper.Core.Registry;
using Temper.Functions.Ingest;
using Temper.ServiceDefaults;
using Temper.Storage.Blobs;

// The worker's own logging stays: it carries log lines to the Functions host.
using var telemetry = Telemetry.Start("temper-functions");
var builder = FunctionsApplication.CreateBuilder(args);
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddSingleton(_ => new RegistryClient(new Uri(Setting("Registry")), builder.Configuration["ApiKey"], TimeSpan.FromMinutes(2), TimeProvider.System));
builder.Services.AddSingleton<IBlobStore>(_ => BlobStores.Open(Setting("Blobs"), TimeProvider.System));
builder.Services.AddSingleton<IngestTurn>();
builder.Build().Run();

string Setting(string key) => builder.Configuration[key] ?? throw new InvalidOperationException($"The setting '{key}' is missing.");
