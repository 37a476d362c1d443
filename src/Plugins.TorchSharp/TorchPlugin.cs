using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Temper.Core.Plugins;
using Temper.Tensors;

namespace Temper.Plugins.TorchSharp;

/// <summary>Registers <see cref="TorchEngine"/> as the engine. Settings: <c>Torch:Device</c> (<c>cuda</c>, <c>cuda:1</c>, <c>cpu</c>; the default takes the
/// first GPU there is), <c>Torch:AllowTf32</c>, <c>Torch:Fused</c> (<c>false</c> composes what libtorch has fused), and the host's <c>Trainer:Threads</c>.</summary>
public sealed class TorchPlugin : ITemperPlugin
{
    /// <inheritdoc/>
    public void Register(IServiceCollection services) => services.AddTransient<IEngine>(provider =>
    {
        var host = provider.GetRequiredService<IConfiguration>();
        var settings = host.GetSection("Torch");
        return TorchEngine.Create(settings["Device"], settings["AllowTf32"] is "true", settings["Fused"] is not "false", int.TryParse(host["Trainer:Threads"], CultureInfo.InvariantCulture, out var threads) ? threads : 0);
    });
}
