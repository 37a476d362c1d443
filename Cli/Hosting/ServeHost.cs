using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Temper.Core.Registry;
using Temper.ServiceDefaults;
using Temper.Serving;
using Temper.Tensors;

namespace Temper.Cli.Hosting;

/// <summary>Answering: as a part of the embedded server, and as a role on a machine of its own.</summary>
internal static class ServeHost
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Adds the OpenAI-compatible API over a registry whose address is known when the first request comes.</summary>
    /// <param name="services">The host's.</param>
    /// <param name="registry">Where the registry is.</param>
    /// <param name="apiKey">For the registry.</param>
    /// <param name="modelCache">Folder of local copies.</param>
    /// <param name="threads">Of the engine.</param>
    /// <param name="asked">Key that requests must carry; null where the host has a gate.</param>
    public static void AddAnswering(this IServiceCollection services, Func<IServiceProvider, Uri> registry, string? apiKey, string modelCache, int threads, string? asked = null)
    {
        services.AddSingleton(provider => new RegistryClient(registry(provider), apiKey, Patience, TimeProvider.System));
        services.AddSingleton(provider => new ModelFolderCache(provider.GetRequiredService<RegistryClient>(), modelCache, TimeProvider.System));
        services.AddServing(new ServingOptions { Engine = () => CpuEngine.Create(threads), ApiKey = asked });
    }

    public static async Task RunAsync(WorkerSettings settings, int port, CancellationToken ct)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.AddServiceDefaults("temper-serve");
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.Services.AddAnswering(_ => settings.Registry, settings.ApiKey, settings.ModelCache, settings.Threads, settings.ApiKey);
        await using var app = builder.Build();
        app.MapOpenAi();
        app.MapHealth();
        await app.StartAsync(ct);
        await app.WaitForShutdownAsync(ct);
    }
}
