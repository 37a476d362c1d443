using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Temper.Testing.Servers;

/// <summary>
/// A server that ends with this process, however this process ends: a shell in a session of its own starts it, holds the other end of a pipe of
/// ours, and takes the server down when the pipe closes.
/// </summary>
internal static class GuardedServer
{
    // Holding the processes keeps their pipes open.
    private static readonly List<Process> Running = [];

    /// <summary>
    /// Runs <paramref name="script"/> under <c>sh</c>. It starts the server in the background, puts its process id in <c>$pid</c>, and reads its
    /// own arguments from <c>$1</c>…; a line <c>ready</c> on its output says that the server serves.
    /// </summary>
    public static async Task StartAsync(string what, string script, string folder, params string[] arguments)
    {
        const string Frame = """
            trap '' INT TERM HUP
            end() { [ -n "$pid" ] && kill -QUIT "$pid" 2>/dev/null && { sleep 0.3; kill -KILL "$pid" 2>/dev/null; }; rm -rf "$folder"; }
            trap end EXIT
            """;
        var start = new ProcessStartInfo("setsid") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        foreach (var argument in (string[])["sh", "-c", $"folder='{folder}'\n{Frame}\nset -e\n{script}\nset +e\nwhile read -r _; do :; done", what, .. arguments])
            start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        while (await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)) is { } line)
        {
            if (line != "ready")
                continue;
            lock (Running)
                Running.Add(process);
            return;
        }
        throw new InvalidOperationException($"{what} did not start: {await errors}\n{Prerequisites}");
    }

    /// <summary>What to do when something is missing.</summary>
    public const string Prerequisites = "The tests that use it need what `./test` at the root of the repository sets up by itself; run that.";

    /// <summary>A port of the loopback address that was free a moment ago.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
