using Temper.Core.Errors;

namespace Temper.Versioning.Sync;

/// <summary>How long to wait after a connection broke, and when to give up: when a dozen attempts in a row brought nothing, which takes about half a minute.</summary>
/// <param name="address">Of the other side, for the error.</param>
/// <param name="clock">What tells the time.</param>
internal sealed class RetryPauses(string address, TimeProvider clock)
{
    /// <summary>An answer that says nothing for so long is taken for broken.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(60);

    private const int Most = 12;

    private int _failures;

    /// <summary>Something came through.</summary>
    public void Succeeded() => _failures = 0;

    /// <summary>Waits before the next attempt.</summary>
    /// <exception cref="TemperException">Code <c>server_unreachable</c>: there is none.</exception>
    public async Task FailedAsync(Exception error, CancellationToken ct)
    {
        if (++_failures >= Most)
            throw new TemperException("server_unreachable", $"The connection to {address} broke {_failures} times in a row with nothing coming through: {error.Message}",
                "Run the same command again later: what has arrived stays.", error);
        await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(5_000, 20 << _failures)), clock, ct);
    }

    /// <summary>Whether an error says that the connection broke or nobody answered.</summary>
    public static bool IsBroken(Exception error) => error is IOException or HttpRequestException or TimeoutException or System.Net.Sockets.SocketException
        || error is TemperException { Code: "server_unreachable" };
}
