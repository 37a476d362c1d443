using System.Diagnostics;
using System.Globalization;

namespace Temper.Hosts.Tests;

/// <summary>Which processes another one started, as Linux tells.</summary>
internal static class ProcessTree
{
    public static int[] ChildrenOf(int parent) => [.. Process.GetProcesses().Select(p => p.Id).Where(id => ParentOf(id) == parent)];

    /// <summary>A zombie has ended; only its parent has not asked yet.</summary>
    public static bool IsAlive(int id)
    {
        try
        {
            return !File.ReadAllText($"/proc/{id}/status").Contains("State:\tZ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>kill -9.</summary>
    public static void Kill(int id)
    {
        using var kill = Process.Start("kill", ["-9", id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private static int ParentOf(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 4)..].Split(' ')[0], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return -1;
        }
    }
}
