using Microsoft.Extensions.DependencyInjection;
using Temper.Core.Plugins;

namespace Temper.Training.Tests.Ranks;

/// <summary>A plug-in that writes where it should not.</summary>
public sealed class TalkativePlugin : ITemperPlugin
{
    internal const string Greeting = "talkative 1.0.0: at your service";

    /// <inheritdoc/>
    public void Register(IServiceCollection services) => Console.WriteLine(Greeting);
}
