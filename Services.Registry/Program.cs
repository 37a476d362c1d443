using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Temper.Core.Plugins;
using Temper.Registry;
using Temper.Registry.Ui;
using Temper.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("temper-registry");
builder.WebHost.UseUrls(builder.Configuration["Urls"] ?? "http://127.0.0.1:5080");
builder.AddRegistry(new RegistryOptions
{
    Database = builder.Configuration["Database"] ?? throw new InvalidOperationException("Set Database: a PostgreSQL connection string (Host=…) or the path of an SQLite file."),
    Blobs = builder.Configuration["Blobs"] ?? throw new InvalidOperationException("Set Blobs: a folder, a connection string of Azure Blob Storage, or s3://BUCKET/PREFIX."),
    ApiKey = builder.Configuration["ApiKey"],
    MostRunningJobs = builder.Configuration.GetValue("Jobs:MostRunning", 0),
    PackGrace = builder.Configuration.GetValue("Packs:Grace", TimeSpan.FromDays(14)),
    CollectPacks = builder.Configuration.GetValue("Packs:Collect", true),
    Edition = builder.Configuration["Edition"] ?? "cluster",
});
builder.AddRegistryUi();
if (builder.Configuration["Plugins:Path"] is { } plugins)
    PluginLoader.Load(plugins, builder.Services, typeof(RegistryOptions).Assembly.GetName().Version!);
var app = builder.Build();
app.MapRegistry();
app.MapRegistryUi();
await app.RunAsync();
