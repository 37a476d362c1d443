using Temper.Core.Errors;

namespace Temper.Versioning.Care;

/// <summary>
/// Keeps collecting away from those who rely on objects that nothing leads to yet, such as a transfer under way or a backup. Any number may share;
/// whoever collects has it alone, and takes it before the repository's lock. A lock of the operating system: the kernel takes it back when its holder dies.
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

    /// <summary>Takes the objects alone if nobody uses them now; else null.</summary>
    public static IDisposable? TryAlone(string home)
    {
        try
        {
            return Open(home, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static FileStream Open(string home, FileAccess access, FileShare share) => new(Path.Combine(home, "gc.lock"), FileMode.OpenOrCreate, access, share, bufferSize: 0);

    private static async Task<IDisposable> TakeAsync(string home, FileAccess access, FileShare share, string why, TimeProvider clock, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(clock);
        var began = clock.GetTimestamp();
        while (true)
        {
            try
            {
                return Open(home, access, share);
            }
            catch (IOException error) when (error is not (DirectoryNotFoundException or PathTooLongException))
            {
                if (clock.GetElapsedTime(began) > Patience)
                    throw new TemperException("repository_locked", $"The repository at {home} {why}.", "Try again when that is done.", error);
            }
            await Task.Delay(Pause, clock, ct);
        }
    }
}
