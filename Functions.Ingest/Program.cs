using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Temper.Core.Blobs;
using Temper.Core.Plugins;
using Temper.Core.Registry;
using Temper.Functions.Ingest;
using Temper.Plugins.ServiceBus;
using Temper.Storage.Blobs;

var builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();
builder.AddTelemetry();
builder.Services.Configure<KestrelServerOptions>(kestrel => kestrel.Limits.MaxRequestBodySize = null);   // Direct counts, and says its limit in a sentence
var (registry, blobs) = (new Uri(Setting("Registry")), Setting("Blobs"));
var cache = builder.Configuration["Cache"] ?? Path.Combine(Path.GetTempPath(), "temper-functions");
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddSingleton(services => new ApiKey(builder.Configuration["ApiKey"], services.GetRequiredService<ILogger<ApiKey>>()));
builder.Services.AddSingleton(_ => new RegistryClient(registry, builder.Configuration["ApiKey"], TimeSpan.FromMinutes(2), TimeProvider.System));
builder.Services.AddSingleton<IBlobStore>(_ => BlobStores.Open(blobs, TimeProvider.System));
builder.Services.AddSingleton(services => Worker.Create(services, cache));
builder.Services.AddSingleton<UnderWay>().AddHostedService(services => services.GetRequiredService<UnderWay>()).AddSingleton<IngestTurn>().AddSingleton<Arrivals>();
builder.Services.AddSingleton(_ => BusConnection.Open(builder.Configuration["messaging"] ?? Setting("messaging:fullyQualifiedNamespace"))).AddSingleton<DeadLetters>();
PluginLoader.Load(builder.Configuration["Plugins:Path"] ?? Path.Combine(AppContext.BaseDirectory, "plugins"), builder.Services, typeof(Worker).Assembly.GetName().Version!);
builder.Build().Run();

string Setting(string key) => builder.Configuration[key] is { Length: > 0 } value ? value : throw new InvalidOperationException($"The setting '{key}' is missing.");
