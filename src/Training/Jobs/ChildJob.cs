using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Temper.Core.Json;

namespace Temper.Training.Jobs;

/// <summary>How a job's process ended.</summary>
/// <param name="ExitCode">Of the process; above 128 a signal.</param>
/// <param name="Tail">Its last words on standard error.</param>
internal sealed record ChildEnd(int ExitCode, string Tail);

/// <summary>One job in a process of its own. The pipe to it is its lifeline: when this process dies, however, the pipe ends, and with it the child.</summary>
internal sealed class ChildJob : IDisposable
{
    /// <summary>What the process writes when it keeps its lease itself.</summary>
    public const string LeaseTaken = "temper: this process keeps the lease from here on";

    private const int TailLines = 30;
    private readonly TaskCompletionSource _speaks = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Process _process;
    private readonly Queue<string> _tail = new();
    private readonly TextWriter _log;
    private readonly string _name;

    private ChildJob(Process process, string name, TextWriter log) => (_process, _name, _log) = (process, name, log);

    /// <summary>Completes when the process keeps its lease itself, or is no more.</summary>
    public Task Speaks => _speaks.Task;

    /// <summary>Starts it and says what to do.</summary>
    public static ChildJob Start(SupervisorOptions options, JobStart start, TextWriter log)
    {
        var info = new ProcessStartInfo(options.Executable, options.Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
        };
        var process = Process.Start(info)!;
        var child = new ChildJob(process, start.Claim.Id.ToString(), log);
        process.OutputDataReceived += (_, line) => child.Heard(line.Data);
        process.ErrorDataReceived += (_, line) => child.Heard(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        child.Tell(JsonSerializer.Serialize(start, Wire.Json) + "\n");
        return child;
    }

    /// <summary>Waits for its end. When <paramref name="stop"/> fires it is asked to save and end, and after <paramref name="grace"/> killed.</summary>
    public async Task<ChildEnd> WaitAsync(TimeSpan grace, TimeProvider clock, CancellationToken stop)
    {
        try
        {
            await _process.WaitForExitAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            Tell(Lifeline.StopLine);
            var ended = _process.WaitForExitAsync(CancellationToken.None);
            if (await Task.WhenAny(ended, Task.Delay(grace, clock, CancellationToken.None)).ConfigureAwait(false) != ended)
                _process.Kill();
            await ended.ConfigureAwait(false);
        }
        _speaks.TrySetResult();
        lock (_tail)
            return new(_process.ExitCode, string.Join('\n', _tail));
    }

    /// <summary>Ends it at once where it still runs.</summary>
    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    private void Tell(string text)
    {
        try
        {
            _process.StandardInput.Write(text);
            _process.StandardInput.Flush();
        }
        catch (IOException)
        {
            // It is dead already; its exit code says more.
        }
    }

    private void Heard(string? line)
    {
        if (line is null)
            return;
        if (line == LeaseTaken)
        {
            _speaks.TrySetResult();
            return;
        }
        lock (_tail)
        {
            _tail.Enqueue(line);
            while (_tail.Count > TailLines)
                _tail.Dequeue();
        }
        _log.WriteLine($"{_name}: {line}");
    }
}
