using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Temper.Core.Plugins;
using Temper.Tensors;

namespace Temper.Plugins.TorchSharp;

/// <summary>Registers <see cref="TorchEngine"/> as the engine. Settings: <c>Torch:Device</c> (<c>cuda</c>, <c>cuda:1</c>, <c>cpu</c>; the default takes the
/// first GPU there is) and <c>Torch:AllowTf32</c>, and <c>Torch:Fused</c> (<c>false</c> composes what libtorch has fused).</summary>
public sealed class TorchPlugin : ITemperPlugin
{
    /// <inheritdoc/>
    public void Register(IServiceCollection services) => services.AddTransient<IEngine>(provider =>
    {
        var settings = provider.GetRequiredService<IConfiguration>().GetSection("Torch");
        return TorchEngine.Create(settings["Device"], settings["AllowTf32"] is "true", settings["Fused"] is not "false");
    });
}
