using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Temper.Core.Registry;

namespace Temper.Hosts.Tests;

/// <summary>The built program as a process of its own.</summary>
internal sealed class TemperProcess : IDisposable
{
    public static readonly string Program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "temper.exe" : "temper");
    private readonly Process _process;
    private readonly StringBuilder _errors = new();
    private bool _disposed;

    private TemperProcess(Process process)
    {
        _process = process;
        process.ErrorDataReceived += (_, line) => { lock (_errors) _errors.AppendLine(line.Data); };
        process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public Uri Address { get; private set; } = new("http://127.0.0.1:1");

    public string Errors { get { lock (_errors) return _errors.ToString(); } }

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary><c>temper up</c> on a home; returns when it answers.</summary>
    public static Task<TemperProcess> UpAsync(string home, int port = 0, params (string Name, string Value)[] variables) => UpAsync(home, port, [], [], variables);

    /// <summary>The same, with more arguments, or run by another program (<c>unshare …</c>) that becomes it.</summary>
    public static async Task<TemperProcess> UpAsync(string home, int port, string[] before, string[] more, params (string Name, string Value)[] variables)
    {
        var server = Start(["up", "--home", home, "--port", $"{port}", "--json", .. more.Contains("--threads") ? [] : (string[])["--threads", "1"], .. more], before, variables);
        var line = await server._process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(2));
        Assert.True(line is not null, $"the server did not start:\n{server.Errors}");
        server.Address = new(JsonDocument.Parse(line).RootElement.GetProperty("url").GetString()!);
        return server;
    }

    public static TemperProcess Start(string[] arguments, params (string Name, string Value)[] variables) => Start(arguments, [], variables);

    public static TemperProcess Start(string[] arguments, string[] before, params (string Name, string Value)[] variables)
    {
        string[] all = [.. before, Program, .. arguments];
        var start = new ProcessStartInfo(all[0], all[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        return new(Process.Start(start)!);
    }

    /// <summary>Runs a verb to its end.</summary>
    public static Task<(int Exit, string Output, string Errors)> RunAsync(string[] arguments, params (string Name, string Value)[] variables) => RunAsync(arguments, [], variables);

    public static async Task<(int Exit, string Output, string Errors)> RunAsync(string[] arguments, string[] before, params (string Name, string Value)[] variables)
    {
        using var process = Start(arguments, before, variables);
        return await process.EndAsync();
    }

    /// <summary>Runs a verb that reads <paramref name="input"/> from its standard input.</summary>
    public static async Task<(int Exit, string Output, string Errors)> FeedAsync(string input, string[] arguments, params (string Name, string Value)[] variables)
    {
        using var process = Start(arguments, variables);
        await process._process.StandardInput.BaseStream.WriteAsync(Encoding.UTF8.GetBytes(input));
        return await process.EndAsync();
    }

    /// <summary>Sends bytes to its standard input.</summary>
    public async Task SendAsync(byte[] bytes)
    {
        await _process.StandardInput.BaseStream.WriteAsync(bytes);
        await _process.StandardInput.BaseStream.FlushAsync();
    }

    /// <summary>Waits for its end and takes what it wrote.</summary>
    public async Task<(int Exit, string Output, string Errors)> EndAsync()
    {
        _process.StandardInput.Close();
        var output = _process.StandardOutput.ReadToEndAsync();
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(5));
        return (ExitCode, await output, Errors);
    }

    /// <summary>Ctrl-C.</summary>
    public void Interrupt() => Signal("INT");

    /// <summary>Sends a signal by name.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{Id}"]);
        kill.WaitForExit();
    }

    public RegistryClient Client(TimeSpan? patience = null) => new(Address, null, patience ?? TimeSpan.FromSeconds(20), TimeProvider.System);

    /// <summary>kill -9.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public async Task<int> ExitAsync(TimeSpan limit)
    {
        await _process.WaitForExitAsync().WaitAsync(limit);
        return ExitCode;
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        if (!_process.HasExited)
            Kill();
        _process.Dispose();
    }
}
