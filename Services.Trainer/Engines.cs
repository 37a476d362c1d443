using Microsoft.Extensions.DependencyInjection;
using Temper.Core.Errors;
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

    /// <summary>The engine that needs no plug-in.</summary>
    private const string Processor = "cpu";

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
        var plugin = services.LastOrDefault(service => service.ServiceType == typeof(IEngine) && !service.IsKeyedService);
        if (settings.Engine is Processor || (plugin is null && settings.Engine is null))
            return () => CpuEngine.Create(settings.Threads);
        return plugin switch
        {
            null => () => throw Unknown(settings.Engine!, []),
            { Lifetime: ServiceLifetime.Singleton } => () => Named(provider.GetRequiredService<IEngine>()),
            { ImplementationFactory: { } make } => () => Named((IEngine)make(provider)),
            _ => () => Named((IEngine)ActivatorUtilities.CreateInstance(provider, plugin.ImplementationType!)),
        };

        IEngine Named(IEngine engine) => settings.Engine is null or FromPlugin || settings.Engine == engine.Info.Name ? engine : throw Unknown(settings.Engine, [engine]);
    }

    /// <summary>The built-in engines, and the one that the settings choose among those of plug-ins. A plug-in's engine tries its device when it is made, so none is made
    /// before a job wants it, and none where the processor is asked for by name. What it found goes into the job's log.</summary>
    public static IReadOnlyDictionary<string, EngineFactory> Of(IServiceProvider services, Settings settings)
    {
        var engines = new Dictionary<string, EngineFactory>(JobEngines.BuiltIn(settings.Matrix));
        if (Choose(settings, services) is { } name && !engines.ContainsKey(name))
            engines[name] = (_, asked) => Chosen(services, name, settings.Matrix == MatrixPath.Exact ? MatrixPath.Exact : asked);
        return engines;
    }

    private static IEngine Chosen(IServiceProvider services, string name, MatrixPath matrix)
    {
        var all = services.GetServices<IEngine>().ToArray();
        foreach (var engine in all)
            Console.Error.WriteLine($"engine {engine.Info.Name}: {engine.Info.Device}, {engine.Info.NumericsId}");
        var chosen = all.LastOrDefault(engine => name == FromPlugin || engine.Info.Name == name)
            ?? throw Unknown(name, all);
        chosen.Choose(matrix);
        return chosen;
    }

    private static TemperException Unknown(string name, IEnumerable<IEngine> engines) =>
        new("engine_unknown", $"There is no engine '{name}'; there are {string.Join(", ", engines.Select(engine => engine.Info.Name).Prepend(Processor).Distinct())}.");
}
