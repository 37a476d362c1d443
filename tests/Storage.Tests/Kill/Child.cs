using System.Diagnostics;

namespace Temper.Storage.Tests.Kill;

/// <summary>This assembly as another process.</summary>
internal sealed class Child : IDisposable
{
    private readonly Process _process;
    private readonly List<string> _lines = [];
    private readonly TaskCompletionSource _closed = new();

    public Child(params string[] arguments)
    {
        _process = Process.Start(new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileName(host) == "dotnet" ? host : "dotnet",
            ["exec", typeof(Child).Assembly.Location, .. arguments])
        { RedirectStandardOutput = true, Environment = { ["DOTNET_EnableDiagnostics"] = "0" } })!;
        _process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null)
                _closed.TrySetResult();
            else
                lock (_lines)
                    _lines.Add(line.Data);
        };
        _process.BeginOutputReadLine();
    }

    /// <summary>What it said so far.</summary>
    public List<string> Lines
    {
        get
        {
            lock (_lines)
                return [.. _lines];
        }
    }

    /// <summary>Waits until it has said something, then for some more milliseconds, and kills it where it stands.</summary>
    public async Task KillAsync(int after)
    {
        while (Lines.Count == 0 && !_process.HasExited)
            await Task.Delay(5);
        await Task.Delay(after);
        _process.Kill();
        await _process.WaitForExitAsync();
        await _closed.Task;
    }

    public async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync();
        await _closed.Task;
        return _process.ExitCode;
    }

    public void Dispose() => _process.Dispose();
}
