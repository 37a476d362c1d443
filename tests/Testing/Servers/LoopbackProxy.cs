using System.Net;
using System.Net.Sockets;

namespace Temper.Testing.Servers;

/// <summary>Passes bytes between clients and a server on loopback; what it loses on the way is said by who derives from it.</summary>
public abstract class LoopbackProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly int _target;

    /// <summary>Listens on a free port.</summary>
    /// <param name="target">Port of the server.</param>
    protected LoopbackProxy(int target)
    {
        _target = target;
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _stop.CancelAsync();
        _listener.Dispose();
    }

    /// <summary>Decides for one connection, for requests and for answers.</summary>
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
            var (passed, ends) = pass(buffer.AsSpan(0, count));
            await to.GetStream().WriteAsync(buffer.AsMemory(0, passed), _stop.Token);
            if (ends)
                return;
        }
    }

    /// <summary>How many of the next bytes are passed on, and whether the connection ends behind them.</summary>
    protected delegate (int Passed, bool Ends) Pass(ReadOnlySpan<byte> bytes);

    /// <summary>Passes everything.</summary>
    protected static (int Passed, bool Ends) All(ReadOnlySpan<byte> bytes) => (bytes.Length, false);
}
