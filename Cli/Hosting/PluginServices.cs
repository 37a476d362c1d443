using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Temper.Core.Plugins;
using Temper.Ingest;

namespace Temper.Cli.Hosting;

/// <summary>Services of plug-ins in a process that is no web server. Their settings are the process's environment (<c>MlNet__Name</c> is <c>MlNet:Name</c>).</summary>
internal static class PluginServices
{
    private static readonly ConcurrentDictionary<string, Lazy<ServiceProvider>> Loaded = new(StringComparer.Ordinal);

    /// <summary>Loads a folder; null: nothing.</summary>
    public static ServiceProvider Load(string? folder)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddEnvironmentVariables().Build());
        if (folder is not null)
            PluginLoader.Load(folder, services, Product.Version);
        return services.BuildServiceProvider();
    }

    /// <summary>The services of a folder for as long as the process lives; it is loaded once.</summary>
    public static IServiceProvider Of(string folder) => Loaded.GetOrAdd(Path.GetFullPath(folder), path => new(() => Load(path))).Value;

    /// <summary>The scorers of a folder's plug-ins.</summary>
    public static IReadOnlyList<IRecordScorer> Scorers(string folder) => [.. Of(folder).GetServices<IRecordScorer>()];
}
