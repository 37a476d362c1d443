using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Temper.Testing;

/// <summary>Processes that another one started, as Linux tells, and what can happen to them.</summary>
public static class ProcessTree
{
    /// <summary>Processes that <paramref name="parent"/> started and that still run.</summary>
    public static int[] Children(int parent)
    {
        var children = new List<int>();
        foreach (var process in Process.GetProcesses())
            using (process)
                if (Stat(process.Id) is { } stat && stat.Parent == parent && stat.State != 'Z')
                    children.Add(process.Id);
        return [.. children.Order()];
    }

    /// <summary>A zombie has ended; only its parent has not asked yet.</summary>
    public static bool IsAlive(int process) => Stat(process) is { State: not 'Z' };

    /// <summary>Whether a process is stopped, as SIGSTOP leaves it.</summary>
    public static bool IsStopped(int process) => Stat(process) is { State: 'T' };

    /// <summary>kill -9; one that has ended by itself meanwhile is left alone.</summary>
    public static void Kill(int process) => Send("KILL", [process]);

    /// <summary>Sends STOP, CONT… to processes that are there.</summary>
    public static void Signal(string signal, params int[] processes) => Assert.Equal(0, Send(signal, processes));

    /// <summary>Waits until a process has ended.</summary>
    public static async Task GoneAsync(int process)
    {
        for (var attempt = 0; attempt < 2400 && IsAlive(process); attempt++)
            await Task.Delay(25);
        Assert.False(IsAlive(process), $"process {process} still runs after a minute");
    }

    private static int Send(string signal, int[] processes)
    {
        using var kill = Process.Start("sh", ["-c", $"kill -{signal} {string.Join(' ', processes.Select(p => p.ToString(CultureInfo.InvariantCulture)))}"]);
        kill.WaitForExit();
        return kill.ExitCode;
    }

    /// <summary>State and parent; null when the process is gone, which may happen between any two looks.</summary>
    private static (char State, int Parent)? Stat(int process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (fields[0][0], int.Parse(fields[1], CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            return null;
        }
    }
}
