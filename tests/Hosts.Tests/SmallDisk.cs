using System.Diagnostics;
using Temper.Testing;

namespace Temper.Hosts.Tests;

/// <summary>Runs the program in a mount namespace of its own, where its home is a disk of few megabytes or read-only. The mounts end with the process.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly TempFolder _folder = new();

    public string Home => Directory.CreateDirectory(_folder.Of("home")).FullName;

    /// <summary><c>temper up</c> on a disk of that size, of which <paramref name="ballast"/> bytes are taken by a file.</summary>
    public Task<TemperProcess> UpAsync(string size, int ballast) =>
        TemperProcess.UpAsync(Home, 0, Inside($"mount -t tmpfs -o size={size} tmpfs {Home} && head -c {ballast} /dev/zero > {Home}/ballast"), []);

    /// <summary>Runs a verb to its end with the home on such a disk.</summary>
    public Task<(int Exit, string Output, string Errors)> RunAsync(string[] arguments, string prepare) => TemperProcess.RunAsync(arguments, Inside(prepare));

    /// <summary>Makes the home read-only.</summary>
    public string ReadOnly => $"mount --bind {Home} {Home} && mount -o remount,ro,bind {Home}";

    /// <summary>Frees what the ballast takes, as seen from outside.</summary>
    public void ThrowBallast(TemperProcess server) => File.Delete($"/proc/{server.Id}/root{Home}/ballast");

    public void Dispose() => _folder.Dispose();

    private static string[] Inside(string prepare) =>
        ["unshare", .. IsRoot() ? ["-m"] : (string[])["-r", "-m"], "sh", "-c", $"{prepare} && exec \"$0\" \"$@\""];

    private static bool IsRoot()
    {
        using var id = Process.Start(new ProcessStartInfo("id", ["-u"]) { RedirectStandardOutput = true })!;
        return id.StandardOutput.ReadToEnd().Trim() == "0";
    }
}
