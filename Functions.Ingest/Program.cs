using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Temper.Core.Blobs;
using Temper.Core.Registry;
using Temper.Functions.Ingest;
using Temper.ServiceDefaults;
using Temper.Storage.Blobs;

var builder = FunctionsApplication.CreateBuilder(args);
builder.AddServiceDefaults("temper-functions");
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddSingleton(services => new RegistryClient(
    new Uri(Setting(services, "services:registry:http:0")), services.GetRequiredService<IConfiguration>()["Registry:ApiKey"], TimeSpan.FromMinutes(2), TimeProvider.System));
builder.Services.AddSingleton<IBlobStore>(services => BlobStores.Open(Setting(services, "Blobs:Address"), TimeProvider.System));
builder.Services.AddSingleton<IngestTurn>();
builder.Build().Run();

static string Setting(IServiceProvider services, string key) =>
    services.GetRequiredService<IConfiguration>()[key] ?? throw new InvalidOperationException($"The setting '{key}' is missing.");
