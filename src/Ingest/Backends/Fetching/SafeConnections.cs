using System.Net;
using System.Net.Sockets;
using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>All addresses of a host.</summary>
/// <param name="host">A name.</param>
/// <param name="ct">Cancels.</param>
public delegate Task<IPAddress[]> HostResolver(string host, CancellationToken ct);

/// <summary>
/// Connections to places that strangers name. A name is looked up once a connection, every address of the answer must be public (or allowed), and
/// the connection goes to one of the addresses that were checked, so that a name cannot lead elsewhere later. No proxy, no cookies, no credentials.
/// </summary>
/// <param name="policy">What is allowed.</param>
/// <param name="resolve">Looks names up; null for the system's resolver.</param>
public sealed class SafeConnections(FetchPolicy policy, HostResolver? resolve = null)
{
    private readonly HostResolver _resolve = resolve ?? ((host, ct) => Dns.GetHostAddressesAsync(host, ct));

    /// <summary>What is allowed.</summary>
    public FetchPolicy Policy => policy;

    /// <summary>Checks what can be told without the network: scheme, user information, port, and a host that is an address.</summary>
    /// <exception cref="TemperException">Codes <c>FETCH_URL</c>, <c>FETCH_BLOCKED</c>. User information is not repeated.</exception>
    public void Check(Uri uri)
    {
        ArgumentNullException.ThrowIfNull(uri);
        if (!uri.IsAbsoluteUri || uri.Host.Length == 0)
            throw new TemperException("FETCH_URL", "This is no address with a host.");
        if (uri.UserInfo.Length > 0)
            throw new TemperException("FETCH_URL", $"The address on {uri.Host} holds user information in front of its host, which is not sent.", "Take everything up to the @ away.");
        var host = uri.IdnHost.Trim('[', ']');
        if (IsAllowed(host, uri.Port) && uri.Scheme is "http" or "https")
            return;
        if (uri.Scheme != Uri.UriSchemeHttps && !(uri.Scheme == Uri.UriSchemeHttp && policy.AllowHttp))
            throw new TemperException("FETCH_URL", $"The scheme of {uri.Scheme}://{uri.Host} is not allowed; {(policy.AllowHttp ? "http and https are" : "https is")}.");
        if (!policy.Ports.Contains(uri.Port))
            throw new TemperException("FETCH_URL", $"Port {uri.Port} of {uri.Host} is not allowed; {string.Join(" and ", policy.Ports)} are.");
        if (IPAddress.TryParse(host, out var address))
            CheckAddress(host, address);
    }

    /// <summary>A handler all of whose connections are checked. Redirects are not followed and nothing is unpacked.</summary>
    public SocketsHttpHandler Handler() => new()
    {
        ConnectCallback = ConnectAsync,
        ConnectTimeout = policy.ConnectTimeout,
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        MaxConnectionsPerServer = policy.PerHost,
        MaxResponseHeadersLength = 32,
        ResponseDrainTimeout = TimeSpan.Zero,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20),
        // What traces this process says nothing to strangers.
        ActivityHeadersPropagator = null,
    };

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await _resolve(host, ct);
        if (addresses.Length == 0)
            throw new SocketException((int)SocketError.HostNotFound);
        if (!IsAllowed(host, port))
            foreach (var address in addresses)
                CheckAddress(host, address);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private void CheckAddress(string host, IPAddress address)
    {
        var plain = PublicAddresses.Plain(address);
        if (PublicAddresses.IsPublic(plain) || policy.AllowedNetworks.Any(n => n.Contains(plain)))
            return;
        FetchTelemetry.Blocked.Add(1);
        // The address itself is not told: it may be one of the operator's own network.
        throw new TemperException("FETCH_BLOCKED", $"The host {host} leads into a network that is not public.");
    }

    private bool IsAllowed(string host, int port) =>
        policy.AllowedHosts.Any(h => string.Equals(h, host, StringComparison.OrdinalIgnoreCase) || string.Equals(h, $"{host}:{port}", StringComparison.OrdinalIgnoreCase));
}
