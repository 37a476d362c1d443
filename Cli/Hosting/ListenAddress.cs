using System.Net;
using System.Net.Sockets;
using Temper.Core.Errors;

namespace Temper.Cli.Hosting;

/// <summary>What --host, --port and --threads may be. Kestrel would listen everywhere on a host that it does not understand.</summary>
internal static class ListenAddress
{
    /// <summary>The URL to listen on.</summary>
    /// <exception cref="TemperException">Code <c>usage</c>: no address of this machine, or no port.</exception>
    public static string Url(string host, int port)
    {
        CheckPort(port);
        // A free port is taken on one address only.
        var text = host == "localhost" && port == 0 ? "127.0.0.1" : host;
        if (text is "localhost" or "*")
            return FormattableString.Invariant($"http://{text}:{port}");
        if (!IPAddress.TryParse(text, out var address) || !IsHere(address))
            throw new TemperException("usage", $"--host takes an address of this machine, not '{host}'.", "Give 127.0.0.1 for this machine alone, 0.0.0.0 for every address that it has, or one of them.");
        return FormattableString.Invariant($"http://{(address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]" : address)}:{port}");
    }

    /// <exception cref="TemperException">Code <c>usage</c>.</exception>
    public static void CheckPort(int port)
    {
        if (port is < IPEndPoint.MinPort or > IPEndPoint.MaxPort)
            throw new TemperException("usage", $"--port must be 0 to 65535; it is {port}.", "0 takes a free one.");
    }

    /// <exception cref="TemperException">Code <c>usage</c>.</exception>
    public static void CheckThreads(int threads)
    {
        if (threads < 0)
            throw new TemperException("usage", $"--threads must be 0 or more; it is {threads}.", "0 takes every processor.");
    }

    /// <summary>Whether other machines cannot reach it.</summary>
    public static bool IsLoopback(string host) => host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    /// <summary>Whether it stands for every address of this machine.</summary>
    public static bool IsEvery(string host) => host == "*" || (IPAddress.TryParse(host, out var address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)));

    private static bool IsHere(IPAddress address)
    {
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
