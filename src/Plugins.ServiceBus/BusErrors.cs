using Azure.Identity;
using Azure.Messaging.ServiceBus;
using Temper.Core.Errors;

namespace Temper.Plugins.ServiceBus;

/// <summary>What the broker's errors mean: the surroundings failed, and the caller may try again.</summary>
internal static class BusErrors
{
    /// <summary>Runs a call; its errors name the queue or topic.</summary>
    public static async Task<T> CallAsync<T>(string entity, Func<Task<T>> call)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new TemperException("permission_denied", $"Service Bus refuses access to '{entity}': {e.Message}", "Give the process's identity the role that docs/deploy.md names.", e);
        }
        catch (Exception e) when (e is ServiceBusException or AuthenticationFailedException or TimeoutException)
        {
            throw new TemperException("server_unreachable", $"Service Bus does not answer for '{entity}': {e.Message}", "The call is repeated; nothing is lost meanwhile.", e);
        }
    }

    /// <inheritdoc cref="CallAsync{T}"/>
    public static Task CallAsync(string entity, Func<Task> call) => CallAsync(entity, async () =>
    {
        await call().ConfigureAwait(false);
        return true;
    });
}
