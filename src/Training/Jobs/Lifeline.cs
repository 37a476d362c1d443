using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Json;

namespace Temper.Training.Jobs;

/// <summary>
/// The pipe from a supervisor to its job's process. First one line that says what to do; then the line <c>stop</c> when the host goes down; its end
/// means that the supervisor is gone, and the process ends at once, whatever it is computing.
/// </summary>
internal static class Lifeline
{
    private const int LongestLine = 64 << 20;

    /// <summary>What a supervisor writes to ask for a checkpoint and an end.</summary>
    public const string StopLine = "stop\n";

    /// <summary>Reads the first line.</summary>
    /// <exception cref="TemperException">Code <c>invalid_json</c>.</exception>
    public static JobStart ReadStart(Stream input)
    {
        var line = new MemoryStream();
        for (int read; (read = input.ReadByte()) != '\n';)
        {
            if (read < 0 || line.Length > LongestLine)
                throw new TemperException("invalid_json", $"Standard input ended after {line.Length} bytes, before the line that says what to do.", "This verb is for supervisors; use `temper train`.");
            line.WriteByte((byte)read);
        }
        try
        {
            return JsonSerializer.Deserialize<JobStart>(line.ToArray(), Wire.Strict)!;
        }
        catch (JsonException e)
        {
            throw new TemperException("invalid_json", $"The line that says what to do cannot be read: {e.Message}", inner: e);
        }
    }

    /// <summary>Watches the rest of the pipe on a thread of its own, so that a step that never yields cannot keep the process alive.</summary>
    public static void Watch(Stream input, Action stop) => new Thread(() =>
    {
        try
        {
            var line = new StringBuilder();
            for (int read; (read = input.ReadByte()) >= 0;)
            {
                line.Append((char)read);
                if (read == '\n' && line.ToString() == StopLine)
                    stop();
                if (read == '\n')
                    line.Clear();
            }
        }
        catch (IOException)
        {
            // A broken pipe says the same as its end.
        }
        Die();
    })
    { IsBackground = true, Name = "lifeline", Priority = ThreadPriority.Highest }.Start();

    /// <summary>
    /// Ctrl-C at a terminal reaches every process of the group; the supervisor's decision comes through the pipe. SIGTERM asks for the same as its line.
    /// </summary>
    public static IDisposable OnSignals(Action stop)
    {
        var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = true);
        var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stop();
        });
        return new Both(interrupt, terminate);
    }

    /// <summary>Ends this process at once.</summary>
    public static void Die()
    {
        using var self = Process.GetCurrentProcess();
        self.Kill();
    }

    private sealed record Both(IDisposable First, IDisposable Second) : IDisposable
    {
        public void Dispose()
        {
            First.Dispose();
            Second.Dispose();
        }
    }
}
