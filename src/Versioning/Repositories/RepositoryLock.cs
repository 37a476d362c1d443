using System.Globalization;
using Temper.Core.Errors;

namespace Temper.Versioning.Repositories;

/// <summary>
/// The right to write to a repository. The kernel takes it back when the process ends, however it ends: there is never a stale lock.
/// </summary>
public sealed class RepositoryLock : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5), Pause = TimeSpan.FromMilliseconds(20);
    private readonly FileStream _file;
    private readonly string _path;

    private RepositoryLock(FileStream file, string path) => (_file, _path) = (file, path);

    /// <summary>The clock of the file system that the repository is on, nanoseconds since 1970: what files written now are stamped with.</summary>
    public long ClockNs()
    {
        _file.Position = 0;
        _file.Write(System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture).PadRight(10)));
        _file.Flush();
        return (File.GetLastWriteTimeUtc(_path) - DateTime.UnixEpoch).Ticks * 100;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>Null when another process, or another part of this one, holds it.</summary>
    internal static RepositoryLock? Try(string path)
    {
        try
        {
            var held = new RepositoryLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 0), path);
            _ = held.ClockNs();
            return held;
        }
        catch (IOException error) when (error is not (DirectoryNotFoundException or PathTooLongException) && File.Exists(path))
        {
            return null;
        }
    }

    /// <exception cref="TemperException">Code <c>repository_locked</c>, after some seconds.</exception>
    internal static async Task<RepositoryLock> TakeAsync(string path, TimeProvider clock, CancellationToken ct)
    {
        var began = clock.GetTimestamp();
        while (true)
        {
            if (Try(path) is { } held)
                return held;
            if (clock.GetElapsedTime(began) > Patience)
                throw new TemperException("repository_locked", $"The repository at {Path.GetDirectoryName(path)} is being written by {Holder(path)}.");
            await Task.Delay(Pause, clock, ct);
        }
    }

    private static string Holder(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            Span<byte> text = stackalloc byte[10];
            var length = file.Read(text);
            return int.TryParse(text[..length], NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var process) ? $"process {process}" : "another process";
        }
        catch (IOException)
        {
            return "another process";
        }
    }
}
