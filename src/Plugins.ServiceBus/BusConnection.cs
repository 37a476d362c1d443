using Azure.Identity;
using Azure.Messaging.ServiceBus;

namespace Temper.Plugins.ServiceBus;

/// <summary>How a namespace is reached.</summary>
public static class BusConnection
{
    /// <summary>A connection string with a shared access key (the emulator), or the namespace's address alone, reached by managed identity.</summary>
    public static ServiceBusClient Open(string connection)
    {
        if (connection.Contains("SharedAccessKey", StringComparison.OrdinalIgnoreCase))
            return new(connection);
        var host = Uri.TryCreate(connection, UriKind.Absolute, out var address) ? address.Host : connection;
        return new(host, new DefaultAzureCredential());
    }
}
