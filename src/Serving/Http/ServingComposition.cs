using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Temper.Core.Registry;

namespace Temper.Serving;

/// <summary>Puts answering into a host: <c>services.AddServing(…)</c>, then <c>app.MapOpenAi()</c>.</summary>
public static class ServingComposition
{
    /// <summary>One <see cref="ServingHost"/> for the host's life. Uses the registered <see cref="RegistryClient"/>, <see cref="ModelFolderCache"/>
    /// and, where there is one, <see cref="TimeProvider"/>.</summary>
    public static IServiceCollection AddServing(this IServiceCollection services, ServingOptions options) => services.AddServing(_ => options);

    /// <summary>As <see cref="AddServing(IServiceCollection, ServingOptions)"/>, with options that need what is registered.</summary>
    public static IServiceCollection AddServing(this IServiceCollection services, Func<IServiceProvider, ServingOptions> options) => services.AddSingleton(provider => new ServingHost(
        options(provider), provider.GetRequiredService<RegistryClient>(), provider.GetRequiredService<ModelFolderCache>(),
        provider.GetService<TimeProvider>() ?? TimeProvider.System, provider.GetRequiredService<ILogger<ServingHost>>()));

    /// <summary>OpenAI's routes over the registered <see cref="ServingHost"/>.</summary>
    public static IEndpointConventionBuilder MapOpenAi(this IEndpointRouteBuilder routes) => routes.MapOpenAi(
        routes.ServiceProvider.GetRequiredService<ServingHost>, routes.ServiceProvider.GetService<TimeProvider>() ?? TimeProvider.System);
}
