using Azure.Messaging.ServiceBus;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Temper.Core.Errors;
using Temper.Core.Events;
using Temper.Core.Plugins;
using Temper.Core.Work;

namespace Temper.Plugins.ServiceBus;

/// <summary>Registers the doorbell and the event relay on Azure Service Bus. Connection string <c>messaging</c>: with a shared access key (the emulator),
/// or the namespace's address alone, reached by managed identity.</summary>
public sealed class ServiceBusPlugin : ITemperPlugin
{
    /// <inheritdoc/>
    public void Register(IServiceCollection services)
    {
        services.AddSingleton(provider => Connect(provider.GetRequiredService<IConfiguration>()));
        services.AddSingleton<IDoorbell>(provider => new ServiceBusDoorbell(provider.GetRequiredService<ServiceBusClient>(), Clock(provider)));
        services.AddSingleton<IEventRelay>(provider => new ServiceBusEventRelay(provider.GetRequiredService<ServiceBusClient>()));
    }

    private static TimeProvider Clock(IServiceProvider provider) => provider.GetService<TimeProvider>() ?? TimeProvider.System;

    private static ServiceBusClient Connect(IConfiguration configuration)
    {
        var connection = configuration.GetConnectionString("messaging")
            ?? throw new TemperException("usage", "The connection string 'messaging' is missing: it names the Service Bus namespace.", "Set ConnectionStrings__messaging, or `temper plugins disable service-bus`.");
        return BusConnection.Open(connection);
    }
}
