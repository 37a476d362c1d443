using System.Net.ServerSentEvents;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Testing;
using static Temper.Registry.Tests.Actors;

namespace Temper.Registry.Tests.JobLife;

/// <summary>A job followed live.</summary>
public sealed class JobStreamTests
{
    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_socket_that_is_cut_again_and_again_sees_every_number_and_line_once_and_the_end(string database)
    {
        using var folder = new TempFolder();
        await using var host = await (await RegistryHost.StartAsync(await RegistryHost.OptionsAsync(database, folder))).WithInputsAsync();
        var id = (await host.StartJobAsync()).Id;
        var training = TrainAsync(host, id, 12);
        var (news, after, status) = (new List<JobNews>(), 0L, (WebSocketCloseStatus?)null);
        for (var n = 0; status is null; n++)
        {
            using var socket = await ConnectAsync(host, id, after);
            for (var some = 0; some < 4; some++)
            {
                if (await NextAsync(socket) is not { } next)
                {
                    status = socket.CloseStatus;
                    break;
                }
                news.Add(next);
                after = next.Seq;
            }
        }
        await training;
        Assert.Equal(WebSocketCloseStatus.NormalClosure, status);
        Assert.Equal(Enumerable.Range(1, 12), news.SelectMany(item => item.Metrics).Select(point => point.Step));
        var lines = news.SelectMany(item => item.Log).Select(line => line.Seq).ToList();
        Assert.Equal(Enumerable.Range(1, lines.Count).Select(seq => (long)seq), lines);
        Assert.Equal("completed", news[^1].Data.GetProperty("state").GetString());
        using var late = await ConnectAsync(host, id, after);
        Assert.Null(await NextAsync(late));
    }

    [Fact]
    public async Task The_same_comes_as_server_sent_events_that_end_with_the_job()
    {
        await using var host = await (await RegistryHost.StartAsync()).WithInputsAsync();
        var id = (await host.StartJobAsync()).Id;
        var training = TrainAsync(host, id, 3);
        using var answer = await host.Client.Http.GetAsync($"api/v1/jobs/{id}/stream", HttpCompletionOption.ResponseHeadersRead);
        var types = new List<string>();
        var points = 0;
        await foreach (var item in SseParser.Create(await answer.Content.ReadAsStreamAsync()).EnumerateAsync())
        {
            types.Add(item.EventType);
            if (item.EventType is not ("ping" or "end"))
                points += JsonSerializer.Deserialize<JobNews>(item.Data, Wire.Json)!.Metrics.Count;
        }
        await training;
        Assert.Equal(("end", 3), (types[^1], points));
        using var unknown = await host.Client.Http.GetAsync($"api/v1/jobs/{WorkId.New(WorkKind.Train, TimeProvider.System)}/stream");
        Assert.Equal(404, (int)unknown.StatusCode);
    }

    [Fact]
    public async Task A_reader_that_does_not_read_is_dropped_and_the_others_read_on()
    {
        using var folder = new TempFolder();
        await using var host = await (await RegistryHost.StartAsync(RegistryHost.OnFiles(folder) with { SlowestReader = TimeSpan.FromMilliseconds(500) })).WithInputsAsync();
        var id = (await host.StartJobAsync()).Id;
        var claim = (await host.ClaimAsync(WorkKind.Train))!;
        var text = new string('x', 20_000);
        for (var n = 0; n < 12; n++)
            await host.Client.Work.ReportAsync(id, new(claim.Fence, n, 100, [], [.. Enumerable.Range(0, 100).Select(line => new WorkMessage("info", $"{n} {line} {text}"))]), None);
        using var stalled = new TcpClient { ReceiveBufferSize = 4096 };
        await stalled.ConnectAsync(host.Address.Host, host.Address.Port);
        await stalled.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"GET /api/v1/jobs/{id}/stream HTTP/1.1\r\nHost: {host.Address.Authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"));
        await Task.Delay(4000);
        var read = 0L;
        var buffer = new byte[1 << 16];
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            for (int some; (some = await stalled.GetStream().ReadAsync(buffer, limit.Token)) > 0;)
                read += some;
        }
        catch (IOException)
        {
            // Dropped with a reset.
        }
        Assert.InRange(read, 1, 24_000_000);
        using var reader = await ConnectAsync(host, id, 0);
        Assert.NotNull(await NextAsync(reader));
    }

    private static async Task TrainAsync(RegistryHost host, WorkId id, int steps)
    {
        var claim = (await host.ClaimAsync(WorkKind.Train))!;
        for (var step = 1; step <= steps; step++)
        {
            await host.Client.Work.ReportAsync(id, new(claim.Fence, step, steps, [new(step, new() { ["loss"] = 1.0 / step })], [new("info", $"step {step}"), new("info", "and more")]), None);
            await Task.Delay(20);
        }
        await host.FinishAsync(claim, await host.TrainAsync(claim));
    }

    private static async Task<ClientWebSocket> ConnectAsync(RegistryHost host, WorkId id, long after)
    {
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://{host.Address.Authority}/api/v1/jobs/{id}/stream?after={after}"), None);
        return socket;
    }

    /// <summary>Null: the server closed.</summary>
    private static async Task<JobNews?> NextAsync(ClientWebSocket socket)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var whole = new MemoryStream();
        var buffer = new byte[1 << 16];
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer, limit.Token);
            if (part.MessageType == WebSocketMessageType.Close)
                return null;
            whole.Write(buffer, 0, part.Count);
            if (part.EndOfMessage)
                return JsonSerializer.Deserialize<JobNews>(whole.ToArray(), Wire.Json);
        }
    }
}
