using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Temper.Core.Registry;

namespace Temper.Bench;

/// <summary>The built program as a server on a home of its own, and its other verbs.</summary>
internal sealed class TemperServer : IDisposable
{
    private readonly string _program;
    private readonly Process _process;

    public TemperServer(Arguments arguments, string home)
    {
        _program = arguments.Text("--temper") ?? throw new UsageException("--temper PROGRAM is needed: the built Cli, such as Cli/bin/Release/net10.0/temper.");
        if (!File.Exists(_program)) throw new UsageException($"--temper {_program}: there is no such file.");
        _process = Start(["up", "--home", home, "--port", "0", "--json", "--threads", arguments.Threads.ToString(CultureInfo.InvariantCulture)]);
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginErrorReadLine();
        var line = _process.StandardOutput.ReadLine() ?? throw new PeerException($"{_program} up ended at once.");
        Address = new(JsonDocument.Parse(line).RootElement.GetProperty("url").GetString()!);
        Client = new(Address, null, TimeSpan.FromMinutes(1), TimeProvider.System);
    }

    public Uri Address { get; }

    public RegistryClient Client { get; }

    /// <summary>Processor time that the server itself has used, without the processes of its jobs.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Runs a verb to its end; its standard output.</summary>
    public string Run(params string[] words)
    {
        using var process = Start([.. words, "--server", Address.AbsoluteUri]);
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new PeerException($"temper {string.Join(' ', words)} ended with {process.ExitCode}: {errors.GetAwaiter().GetResult().Trim()}");
    }

    /// <summary>The most memory that a process which this server started has had, in MB (Linux); 0 while there is none.</summary>
    public long ChildPeakMb()
    {
        foreach (var folder in Directory.Exists("/proc") ? Directory.EnumerateDirectories("/proc") : [])
            try
            {
                var lines = File.ReadAllLines(Path.Combine(folder, "status"));
                if (Field(lines, "PPid:") == _process.Id)
                    return Field(lines, "VmHWM:") / 1024;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // It has ended in between, or is no process.
            }
        return 0;
    }

    /// <summary>Ends it with the signal of Ctrl-C: jobs are handed back, nothing is lost.</summary>
    public void Dispose()
    {
        Client.Dispose();
        using (var kill = Process.Start("kill", ["-INT", _process.Id.ToString(CultureInfo.InvariantCulture)]))
            kill.WaitForExit();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(30)))
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private static long Field(string[] lines, string name) =>
        lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) is { } line ? long.Parse(line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) : 0;

    private Process Start(string[] words) => Process.Start(new ProcessStartInfo(_program, words) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
}
