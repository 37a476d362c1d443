using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Temper.Core.Plugins;
using Temper.Ingest;

namespace Temper.Plugins.MlNet;

/// <summary>Registers a scorer over a saved ML.NET model. Settings: <c>MlNet:Name</c> (the scorer's name under a dataset's filters) and <c>MlNet:Model</c>
/// (the file; a relative path begins in the plug-in's folder).</summary>
public sealed class MlNetPlugin : ITemperPlugin
{
    /// <inheritdoc/>
    public void Register(IServiceCollection services) => services.AddSingleton<IRecordScorer>(provider =>
    {
        var settings = provider.GetRequiredService<IConfiguration>().GetSection("MlNet");
        return MlNetScorer.Open(Required(settings, "Name"), Path.Combine(Path.GetDirectoryName(typeof(MlNetPlugin).Assembly.Location)!, Required(settings, "Model")));
    });

    private static string Required(IConfigurationSection settings, string key) =>
        settings[key] ?? throw new InvalidOperationException($"The setting MlNet:{key} is missing.");
}
