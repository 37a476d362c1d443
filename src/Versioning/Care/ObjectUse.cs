using Temper.Core.Errors;

namespace Temper.Versioning.Care;

/// <summary>
/// Keeps collecting away from those who rely on objects that nothing leads to yet, such as a transfer under way or a backup. Any number may share;
/// whoever collects has it alone. A lock of the operating system: the kernel takes it back when its holder dies.
/// </summary>
public static class ObjectUse
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30), Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Takes a share of the objects of the repository at <paramref name="home"/>; nothing is removed until it is disposed.</summary>
    /// <exception cref="TemperException">Code <c>repository_locked</c>: somebody collects and does not come to an end.</exception>
    public static Task<IDisposable> ShareAsync(string home, TimeProvider clock, CancellationToken ct) => TakeAsync(home, FileAccess.Read, FileShare.Read, "is being collected", clock, ct);

    /// <summary>Takes the objects alone, for removing.</summary>
    /// <exception cref="TemperException">Code <c>repository_locked</c>: somebody uses them and does not come to an end.</exception>
    public static Task<IDisposable> AloneAsync(string home, TimeProvider clock, CancellationToken ct) => TakeAsync(home, FileAccess.ReadWrite, FileShare.None, "is used by a transfer or a backup", clock, ct);

    private static async Task<IDisposable> TakeAsync(string home, FileAccess access, FileShare share, string why, TimeProvider clock, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(clock);
        var path = Path.Combine(home, "gc.lock");
        var began = clock.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, access, share, bufferSize: 0);
            }
            catch (IOException error) when (error is not (DirectoryNotFoundException or PathTooLongException) && File.Exists(path))
            {
                if (clock.GetElapsedTime(began) > Patience)
                    throw new TemperException("repository_locked", $"The repository at {home} {why}.", "Try again when that is done.", error);
            }
            await Task.Delay(Pause, clock, ct);
        }
    }
}
