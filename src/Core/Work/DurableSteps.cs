using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Temper.Core.Work;

/// <summary>
/// Names the instants at which something has just become durable. Costs a comparison, until a host arms one: then the process kills itself there,
/// as a power cut would. This is how the promise that <c>kill -9</c> loses nothing is tested at every step.
/// </summary>
public static class DurableSteps
{
    private const string Stall = "stall@";
    private static string? _armed;
    private static int _left;
    private static bool _stalls;

    /// <summary>
    /// Arms <c>NAME</c> or <c>NAME:N</c>: die when the step is passed for the N-th time (1 where not given). <c>stall@</c> in front: stop there until
    /// someone continues the process (SIGCONT), as a machine that is paused does.
    /// </summary>
    public static void Arm(string setting)
    {
        _stalls = setting.StartsWith(Stall, StringComparison.Ordinal);
        setting = _stalls ? setting[Stall.Length..] : setting;
        var cut = setting.LastIndexOf(':');
        _left = cut < 0 ? 1 : int.Parse(setting.AsSpan(cut + 1), NumberStyles.None, CultureInfo.InvariantCulture);
        _armed = cut < 0 ? setting : setting[..cut];
    }

    /// <summary>Called right after the step became durable.</summary>
    public static void Passed(string step)
    {
        if (_armed is null || !string.Equals(_armed, step, StringComparison.Ordinal) || Interlocked.Decrement(ref _left) != 0)
            return;
        if (_stalls)
        {
            _ = Signal(Environment.ProcessId, OperatingSystem.IsMacOS() ? 17 : 19);
            return;
        }
        using var self = Process.GetCurrentProcess();
        self.Kill();
        Thread.Sleep(Timeout.Infinite);
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Signal(int process, int signal);
}
