using System.Diagnostics;
using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Files;
using Temper.Core.Json;

namespace Temper.Cli.Hosting;

/// <summary>What a running server leaves for the other commands: <c>{home}/server.json</c>.</summary>
/// <param name="Url">Where it listens.</param>
/// <param name="Pid">Its process.</param>
internal sealed record RunningServer(string Url, int Pid);

/// <summary>The folder with all state of the embedded edition: <c>registry.db</c>, <c>blobs/</c>, <c>cache/</c>, <c>server.json</c>, <c>lock</c>.</summary>
internal sealed class HomeFolder
{
    private HomeFolder(string path) => Path = path;

    public string Path { get; }

    public string Database => System.IO.Path.Combine(Path, "registry.db");

    public string Blobs => System.IO.Path.Combine(Path, "blobs");

    public string ModelCache => System.IO.Path.Combine(Path, "cache", "models");

    public string Plugins => System.IO.Path.Combine(Path, "plugins");

    private string ServerFile => System.IO.Path.Combine(Path, "server.json");

    /// <summary>The home at <paramref name="path"/>; null: the platform's data folder. Nothing is created yet.</summary>
    public static HomeFolder At(string? path) => new(System.IO.Path.GetFullPath(path
        ?? System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "temper")));

    /// <summary>The server that runs on this home; null when none does.</summary>
    public RunningServer? RunningServer()
    {
        try
        {
            var server = JsonSerializer.Deserialize<RunningServer>(File.ReadAllText(ServerFile), Wire.Json);
            return server is not null && IsAlive(server.Pid) ? server : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Creates the folder and takes it for this process; the kernel frees it when the process ends, however it ends.</summary>
    /// <exception cref="TemperException">Codes <c>home_in_use</c>, <c>permission_denied</c>, <c>disk_full</c>.</exception>
    public IDisposable Take()
    {
        try
        {
            Directory.CreateDirectory(Path);
            return new FileStream(System.IO.Path.Combine(Path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new TemperException("permission_denied", $"{Path} cannot be written: {e.Message}", "Check owner and mode of the folder, or choose another with --home DIR.", e);
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or PathTooLongException) && File.Exists(System.IO.Path.Combine(Path, "lock")) && Directory.Exists(Path) && !IsReadOnly(e))
        {
            var server = RunningServer();
            throw new TemperException("home_in_use", $"Another temper process uses {Path}{(server is null ? "" : $" (process {server.Pid}, {server.Url})")}.",
                server is null ? "Wait for it to end, or choose another folder with --home DIR." : $"Open {server.Url}, or choose another folder with --home DIR.", e);
        }
        catch (IOException e)
        {
            throw new TemperException(IsReadOnly(e) ? "permission_denied" : "storage_unavailable", $"{Path} cannot be used: {e.Message}", "Choose another folder with --home DIR.", e);
        }
    }

    public void Announce(string url) =>
        DurableFile.Write(ServerFile, JsonSerializer.SerializeToUtf8Bytes(new RunningServer(url, Environment.ProcessId), Wire.Json));

    public void Withdraw() => File.Delete(ServerFile);

    /// <summary>EROFS: .NET has no exception of its own for a read-only file system.</summary>
    private static bool IsReadOnly(IOException e) => (e.HResult & 0xFFFF) == 30 || e.Message.Contains("Read-only", StringComparison.OrdinalIgnoreCase);

    private static bool IsAlive(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
