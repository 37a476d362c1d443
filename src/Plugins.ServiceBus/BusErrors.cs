using Azure.Identity;
using Azure.Messaging.ServiceBus;
using Temper.Core.Errors;

namespace Temper.Plugins.ServiceBus;

/// <summary>What the broker's errors mean: the surroundings failed, and the caller may try again.</summary>
internal static class BusErrors
{
    /// <summary>Runs a call; its errors name the queue.</summary>
    public static async Task<T> CallAsync<T>(string queue, Func<Task<T>> call)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new TemperException("permission_denied", $"The Service Bus queue '{queue}' refuses access: {e.Message}", "Give the process's identity the role that docs/deploy.md names.", e);
        }
        catch (Exception e) when (e is ServiceBusException or AuthenticationFailedException or TimeoutException)
        {
            throw new TemperException("server_unreachable", $"The Service Bus queue '{queue}' does not answer: {e.Message}", "The call is repeated; nothing is lost meanwhile.", e);
        }
    }

    /// <inheritdoc cref="CallAsync{T}"/>
    public static Task CallAsync(string queue, Func<Task> call) => CallAsync(queue, async () =>
    {
        await call().ConfigureAwait(false);
        return true;
    });
}
