namespace Temper.Registry.Events;

/// <summary>Wakes all who wait in this process. Take <see cref="Next"/> before looking, so that no beat is missed between looking and waiting.</summary>
internal sealed class Pulse
{
    private TaskCompletionSource _next = New();

    /// <summary>Ends at the next beat.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    public void Beat() => Interlocked.Exchange(ref _next, New()).SetResult();

    /// <summary>Waits for <paramref name="beat"/>, at most as long as given.</summary>
    public static async Task WaitAsync(Task beat, TimeSpan atMost, TimeProvider clock, CancellationToken ct)
    {
        try
        {
            await beat.WaitAsync(atMost, clock, ct);
        }
        catch (TimeoutException)
        {
            // Time to look anyway: another process may have written.
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
