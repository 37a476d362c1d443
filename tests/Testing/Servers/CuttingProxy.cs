using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Temper.Testing.Servers;

/// <summary>A bad line: passes bytes between clients and a server on loopback, counts them, and hangs up on every connection after so many, both ways together.</summary>
public sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly int _target;
    private readonly long _cutAfter;
    private long _up, _down;
    private int _cuts;

    /// <summary>Listens on a free port.</summary>
    /// <param name="target">Port of the server.</param>
    /// <param name="cutAfter">Bytes that a connection lives for; by default it is never cut.</param>
    public CuttingProxy(int target, long cutAfter = long.MaxValue)
    {
        (_target, _cutAfter) = (target, cutAfter);
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>Where to connect instead of the server.</summary>
    public Uri Address => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}"));

    /// <summary>Bytes from clients to the server so far.</summary>
    public long Up => Interlocked.Read(ref _up);

    /// <summary>Bytes from the server to clients so far.</summary>
    public long Down => Interlocked.Read(ref _down);

    /// <summary>Connections that were cut.</summary>
    public int Cuts => _cuts;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
        }
        catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException or SocketException)
        {
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
                var left = new long[] { _cutAfter };
                await Task.WhenAny(CopyAsync(client, server, left, true), CopyAsync(server, client, left, false));
            }
            catch (Exception error) when (error is OperationCanceledException or IOException or SocketException)
            {
            }
        }
    }

    private async Task CopyAsync(TcpClient from, TcpClient to, long[] left, bool up)
    {
        var buffer = new byte[65_536];
        int count;
        while ((count = await from.GetStream().ReadAsync(buffer, _stop.Token)) > 0)
        {
            var rest = Interlocked.Add(ref left[0], -count);
            var passed = (int)Math.Max(0, Math.Min(count, rest + count));
            if (up)
                Interlocked.Add(ref _up, passed);
            else
                Interlocked.Add(ref _down, passed);
            await to.GetStream().WriteAsync(buffer.AsMemory(0, passed), _stop.Token);
            if (rest > 0)
                continue;
            Interlocked.Increment(ref _cuts);
            return;
        }
    }
}
