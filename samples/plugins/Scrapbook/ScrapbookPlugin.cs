using Microsoft.Extensions.DependencyInjection;
using Temper.Core.Plugins;
using Temper.Ingest;

namespace Example.Scrapbook;

/// <summary>Registers <c>type: scrapbook</c>, so that datasets can come from a file of many notes.</summary>
public sealed class ScrapbookPlugin : ITemperPlugin
{
    /// <inheritdoc/>
    public void Register(IServiceCollection services) => services.AddSingleton(new DataBackendKind("scrapbook", ScrapbookBackend.OpenAsync)
    {
        Keys = [new("scrapbook_file", Required: true)],
    });
}
