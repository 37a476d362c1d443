using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Temper.Hosts.Tests;

/// <summary>One of the built services as a process of its own, and what can happen to a process.</summary>
internal sealed class ClusterProcess : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _log = new();
    private bool _disposed;

    private ClusterProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += Heard;
        process.ErrorDataReceived += Heard;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public string Log { get { lock (_log) return _log.ToString(); } }

    public static ClusterProcess Start(string program, string[] arguments, Dictionary<string, string> settings)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? program + ".exe" : program), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var (name, value) in settings)
            start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        return new(Process.Start(start)!);
    }

    /// <summary>Processes that this one started and that still run.</summary>
    public int[] Children() => [.. Process.GetProcesses().Select(p => p.Id).Where(id => Status(id) is { } status && Field(status, "PPid") == $"{Id}" && !Field(status, "State").StartsWith('Z'))];

    /// <summary>Whether a process is stopped, as SIGSTOP leaves it.</summary>
    public static bool IsStopped(int process) => Status(process) is { } status && Field(status, "State").StartsWith('T');

    public static bool IsAlive(int process) => Status(process) is { } status && !Field(status, "State").StartsWith('Z');

    /// <summary>Sends STOP, CONT…</summary>
    public static void Signal(string signal, params int[] processes)
    {
        using var kill = Process.Start("sh", ["-c", $"kill -{signal} {string.Join(' ', processes.Select(p => p.ToString(CultureInfo.InvariantCulture)))}"]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }
        _process.Dispose();
    }

    private static string? Status(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/status");
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static string Field(string status, string name) => status.Split('\n').First(line => line.StartsWith(name + ":", StringComparison.Ordinal))[(name.Length + 1)..].Trim();

    private void Heard(object sender, DataReceivedEventArgs line)
    {
        lock (_log)
            _log.AppendLine(line.Data);
    }
}
