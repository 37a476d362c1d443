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

    /// <summary>What makes the engines of the serve role: a plug-in's where one is there, unless the processor is asked for by name. Each model gets an engine of
    /// its own, which ends with it; so the plug-in's own factory is asked and not the container, which would hold every engine until the process ends.</summary>
    public static Func<IEngine> ForServing(IServiceCollection services, IServiceProvider provider, Settings settings)
    {
        var plugin = settings.Engine is null ? services.LastOrDefault(service => service.ServiceType == typeof(IEngine) && !service.IsKeyedService) : null;
        return plugin switch
        {
            null => () => CpuEngine.Create(settings.Threads),
            { Lifetime: ServiceLifetime.Singleton } => provider.GetRequiredService<IEngine>,
            { ImplementationFactory: { } make } => () => (IEngine)make(provider),
            _ => () => (IEngine)ActivatorUtilities.CreateInstance(provider, plugin.ImplementationType!),
        };
    }

    /// <summary>The built-in engines, and those of plug-ins under their own names. What a plug-in found on this machine goes into the log: it has tried its device.</summary>
    public static IReadOnlyDictionary<string, EngineFactory> Of(IServiceProvider services, Settings settings)
    {
        var engines = new Dictionary<string, EngineFactory>(JobEngines.BuiltIn(settings.Matrix));
        foreach (var engine in services.GetServices<IEngine>())
        {
            Console.Error.WriteLine($"engine {engine.Info.Name}: {engine.Info.Device}, {engine.Info.NumericsId}");
            engines[engine.Info.Name] = engines[FromPlugin] = Chosen;

            IEngine Chosen(int threads, MatrixPath asked)
            {
                engine.Choose(settings.Matrix == MatrixPath.Exact ? MatrixPath.Exact : asked);
                return engine;
            }
        }
        return engines;
    }
}
