using System.Net;
using System.Net.Sockets;

namespace Temper.Storage.Tests.Blobs;

/// <summary>Passes bytes between clients and a server on loopback; what it loses on the way is said by who derives from it.</summary>
internal abstract class LoopbackProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly int _target;

    protected LoopbackProxy(int target)
    {
        _target = target;
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        _stop.Dispose();
    }

    /// <summary>Decides for one connection: each is told the next bytes and whether they are passed on, for requests and for answers.</summary>
    protected abstract (Pass Up, Pass Down) Connect();

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
                var (up, down) = Connect();
                await Task.WhenAny(CopyAsync(client, server, up), CopyAsync(server, client, down));
            }
            catch (Exception error) when (error is OperationCanceledException or IOException or SocketException)
            {
            }
        }
    }

    private async Task CopyAsync(TcpClient from, TcpClient to, Pass pass)
    {
        var buffer = new byte[65_536];
        int count;
        while ((count = await from.GetStream().ReadAsync(buffer, _stop.Token)) > 0)
        {
            var verdict = pass(buffer.AsSpan(0, count));
            if (verdict != Verdict.Drop)
                await to.GetStream().WriteAsync(buffer.AsMemory(0, count), _stop.Token);
            if (verdict != Verdict.Pass)
                return;
        }
    }

    protected delegate Verdict Pass(ReadOnlySpan<byte> bytes);

    /// <summary>What becomes of some bytes: passed on; passed on, and then the connection ends; or it ends without them.</summary>
    protected enum Verdict
    {
        Pass,
        PassAndEnd,
        Drop,
    }
}
