using System.Diagnostics;
using System.Text.Json;

namespace Temper.Bench;

/// <summary>A program of a pair: what it is called and how it is started. Each run is a process of its own that prints one JSON line.</summary>
internal sealed record Contestant(string Name, string Program, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string>? Environment = null)
{
    /// <summary>This program again.</summary>
    public static Contestant Ourselves(string name, IReadOnlyList<string> arguments)
    {
        var program = System.Environment.ProcessPath!;
        // Started as `dotnet bench.dll`, the process is the host.
        var hosted = Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        return new(name, program, hosted ? [Path.Combine(AppContext.BaseDirectory, "bench.dll"), .. arguments] : arguments);
    }

    /// <summary>Runs it once. Its line, with <c>who</c> and <c>pair</c> in front.</summary>
    /// <exception cref="PeerException">It did not end well or printed no JSON.</exception>
    public Dictionary<string, object> Run(int pair)
    {
        var start = new ProcessStartInfo(Program, Arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in Environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        using var process = Process.Start(start) ?? throw new PeerException($"{Name} could not be started ({Program}).");
        var errors = process.StandardError.ReadToEndAsync();
        var lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        if (process.ExitCode == 2 && Environment is null) throw new UsageException(errors.Result.Trim());
        if (process.ExitCode != 0 || lines.Length == 0) throw new PeerException($"{Name} ended with {process.ExitCode}: {errors.Result.Trim()}");
        var fields = new Dictionary<string, object> { ["who"] = Name, ["pair"] = pair };
        using var json = JsonDocument.Parse(lines[^1]);
        foreach (var field in json.RootElement.EnumerateObject()) fields[field.Name] = field.Value.Clone();
        return fields;
    }
}
