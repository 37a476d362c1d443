using System.Net;
using System.Net.Sockets;

namespace Temper.Storage.Tests.Blobs;

/// <summary>Passes bytes to a server on loopback; on demand it lets a request through and hangs up instead of passing the answer on.</summary>
internal sealed class LosingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly int _target;
    private volatile string? _lose;

    public LosingProxy(int target)
    {
        _target = target;
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Whether an answer was lost.</summary>
    public bool Lost { get; private set; }

    public void LoseNextAnswerTo(string verb) => _lose = verb + " ";

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
                var losing = false;
                var up = CopyAsync(client, server, bytes =>
                {
                    if (_lose is { } verb && System.Text.Encoding.ASCII.GetString(bytes.Span).StartsWith(verb, StringComparison.Ordinal))
                        (losing, _lose) = (true, null);
                    return true;
                });
                var down = CopyAsync(server, client, _ =>
                {
                    Lost |= losing;
                    return !losing;
                });
                await Task.WhenAny(up, down);
            }
            catch (Exception error) when (error is OperationCanceledException or IOException or SocketException)
            {
            }
        }
    }

    private async Task CopyAsync(TcpClient from, TcpClient to, Func<ReadOnlyMemory<byte>, bool> pass)
    {
        var buffer = new byte[65_536];
        int count;
        while ((count = await from.GetStream().ReadAsync(buffer, _stop.Token)) > 0 && pass(buffer.AsMemory(0, count)))
            await to.GetStream().WriteAsync(buffer.AsMemory(0, count), _stop.Token);
    }
}
