using System.Net;
using System.Net.Sockets;

namespace Temper.Storage.Tests.Blobs;

/// <summary>Passes bytes to a server on loopback and hangs up after some bytes of an answer, a few times.</summary>
internal sealed class BreakingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly int _target, _after, _breaks;
    private int _broken;

    public BreakingProxy(int target, int breakAfter, int breaks)
    {
        (_target, _after, _breaks) = (target, breakAfter, breaks);
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How many answers were cut.</summary>
    public int Broken => Math.Min(_broken, _breaks);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        _stop.Dispose();
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
                await Task.WhenAny(CopyAsync(client, server, int.MaxValue), CopyAsync(server, client, _after));
            }
            catch (Exception error) when (error is OperationCanceledException or IOException or SocketException)
            {
            }
        }
    }

    private async Task CopyAsync(TcpClient from, TcpClient to, int most)
    {
        var buffer = new byte[65_536];
        int count, passed = 0;
        while ((count = await from.GetStream().ReadAsync(buffer, _stop.Token)) > 0)
        {
            await to.GetStream().WriteAsync(buffer.AsMemory(0, count), _stop.Token);
            if ((passed += count) >= most && Interlocked.Increment(ref _broken) <= _breaks)
                return;
        }
    }
}
