using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Temper.Models;
using Temper.ServiceDefaults;
using Temper.Services.Trainer;
using Temper.Serving;
using Temper.Training.Jobs;

if (args is ["run-job", ..])
{
    JobProcess.QuietOutput();
    using var telemetry = Telemetry.Start("temper-job");
    var job = Settings.Read(args[1..]);
    using var services = Engines.LoadPlugins(job);
    return await JobProcess.RunAsync(Console.OpenStandardInput(), JobParts.Of(Engines.Of(services, job), services), Product.Informational, TimeProvider.System);
}

var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
builder.AddServiceDefaults("temper-trainer");
var settings = new Settings(builder.Configuration);
builder.WebHost.UseUrls(builder.Configuration["Urls"] ?? (settings.Serves ? "http://127.0.0.1:8080" : "http://127.0.0.1:0"));
builder.Services.AddPlugins(settings).AddRegistryAccess(settings);
if (settings.Trains)
    builder.Services.AddSingleton(settings).AddHostedService<TrainRole>();
if (settings.Serves)
    builder.Services.AddServing(provider => new ServingOptions { Engine = Engines.ForServing(builder.Services, provider, settings), ApiKey = settings.ApiKey });
var app = builder.Build();
DecoderFamilies.Register(app.Services);
ClassifierHeads.Register(app.Services);
app.MapHealth();
if (settings.Serves)
    app.MapOpenAi();
await app.RunAsync();
return TrainRole.ExitCode;
