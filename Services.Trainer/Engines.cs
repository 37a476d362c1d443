using Microsoft.Extensions.DependencyInjection;
using Temper.Core.Plugins;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Tensors;
using Temper.Training.Jobs;

namespace Temper.Services.Trainer;

/// <summary>Plug-ins, the engines among them, and access to the registry.</summary>
internal static class Engines
{
    /// <summary>Stands for whatever engine a plug-in registered, where none is asked for by name.</summary>
    public const string FromPlugin = "plug-in";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static IServiceCollection AddPlugins(this IServiceCollection services, Settings settings)
    {
        services.AddSingleton(settings.Configuration);
        if (Directory.Exists(settings.Plugins))
            PluginLoader.Load(settings.Plugins, services, Product.Version);
        return services;
    }

    public static IServiceCollection AddRegistryAccess(this IServiceCollection services, Settings settings) => services
        .AddSingleton(_ => new RegistryClient(settings.Registry, settings.ApiKey, Patience, TimeProvider.System))
        .AddSingleton(provider => new ModelFolderCache(provider.GetRequiredService<RegistryClient>(), settings.CacheFolder, TimeProvider.System));

    /// <summary>The plug-ins of a job's own process.</summary>
    public static ServiceProvider LoadPlugins(Settings settings) => new ServiceCollection().AddPlugins(settings).BuildServiceProvider();

    /// <summary>Name of the engine that a job shall use: the one that is asked for, a plug-in's, or the processor's.</summary>
    public static string? Choose(Settings settings, IServiceProvider services) =>
        settings.Engine ?? (services.GetService<IServiceProviderIsService>()?.IsService(typeof(IEngine)) == true ? FromPlugin : null);

    /// <summary>The built-in engines, and those of plug-ins under their own names.</summary>
    public static IReadOnlyDictionary<string, EngineFactory> Of(IServiceProvider services, Settings settings)
    {
        var engines = new Dictionary<string, EngineFactory>(JobEngines.BuiltIn(settings.Matrix));
        foreach (var engine in services.GetServices<IEngine>())
        {
            engines[engine.Info.Name] = (_, _) => engine;
            engines[FromPlugin] = (_, _) => engine;
        }
        return engines;
    }
}
