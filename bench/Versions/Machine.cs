using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Temper.Bench;

/// <summary>What a measurement asks of the machine.</summary>
internal static class Machine
{
    /// <summary>
    /// Writes out what waits for the disk, and waits until a virtual machine has given freed memory back to its host: what runs next neither pays for what
    /// ran before nor finds its memory warm.
    /// </summary>
    public static void Settle()
    {
        if (OperatingSystem.IsLinux())
            sync();
        Thread.Sleep(TimeSpan.FromSeconds(4));
    }

    /// <summary>Processor seconds of all processes that this one started and that have ended, and of those that they started.</summary>
    public static double ChildrenSeconds()
    {
        // struct rusage begins with the times of user and system, seconds and microseconds.
        Span<long> usage = stackalloc long[32];
        return OperatingSystem.IsLinux() && getrusage(-1, ref usage[0]) == 0 ? usage[0] + usage[2] + (usage[1] + usage[3]) / 1e6 : 0;
    }

    /// <summary>Runs a process to its end; seconds, and the most memory that it was seen to have in MB.</summary>
    public static (double Seconds, double PeakMb) Run(ProcessStartInfo start)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        var began = Stopwatch.GetTimestamp();
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        var peak = 0.0;
        while (!process.WaitForExit(10))
            peak = Math.Max(peak, PeakMb(process.Id));
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        output.GetAwaiter().GetResult();
        return process.ExitCode == 0 ? (seconds, peak)
            : throw new PeerException($"{start.FileName} {string.Join(' ', start.ArgumentList)} ended with {process.ExitCode}: {errors.GetAwaiter().GetResult().Trim()}");
    }

    private static double PeakMb(int process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture) * 1024 / 1e6;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It has ended in between.
            return 0;
        }
    }

    [DllImport("libc")]
    private static extern void sync();

    [DllImport("libc")]
    private static extern int getrusage(int who, ref long usage);
}
