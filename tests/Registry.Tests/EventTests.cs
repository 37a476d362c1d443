using System.Collections.Concurrent;
using System.Net;
using System.Net.ServerSentEvents;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Temper.Core.Events;
using Temper.Core.Work;
using Temper.Registry.Events;
using Temper.Registry.Relays;
using Temper.Testing;
using static Temper.Registry.Tests.Actors;

namespace Temper.Registry.Tests;

/// <summary>The log of events, its stream and its copies.</summary>
public sealed class EventTests
{
    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_reader_that_goes_on_where_it_was_cut_sees_every_event_once_also_under_racing_writers(string database)
    {
        using var folder = new TempFolder();
        var options = await RegistryHost.OptionsAsync(database, folder);
        await using var one = await RegistryHost.StartAsync(options);
        await using var two = await RegistryHost.StartAsync(options);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var writing = Task.WhenAll(Enumerable.Range(0, 30).Select(n => (n % 2 == 0 ? one : two).UploadDatasetAsync($"set-{n}", $"{n}")));
        var seen = new List<long>();
        for (var after = 0L; seen.Count < 60;)
        {
            // Each connection is cut after a few events and the next resumes behind the last one seen.
            var some = 0;
            await foreach (var occurred in (seen.Count % 2 == 0 ? one : two).Client.Events.FollowAsync(after, null, stop.Token))
            {
                seen.Add(after = occurred.Seq);
                if (++some == 7 || seen.Count == 60)
                    break;
            }
        }
        await writing;
        Assert.Equal(Enumerable.Range(1, 60).Select(n => (long)n), seen);
    }

    [Fact]
    public async Task A_stream_begins_now_keeps_to_its_subject_and_pings_when_it_is_quiet()
    {
        using var folder = new TempFolder();
        await using var host = await RegistryHost.StartAsync(RegistryHost.OnFiles(folder) with { PingEvery = TimeSpan.FromMilliseconds(300) });
        await host.UploadDatasetAsync("before", "{}");
        using var answer = await host.Client.Http.GetAsync("api/v1/events?subject=dataset/chats", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        await using var items = SseParser.Create(await answer.Content.ReadAsStreamAsync()).EnumerateAsync().GetAsyncEnumerator();
        for (var ping = 0; ping < 2; ping++)
        {
            Assert.True(await items.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60)));
            Assert.Equal("ping", items.Current.EventType);
        }
        await host.UploadDatasetAsync("other", "{}");
        await host.UploadDatasetAsync("chats", "{}");
        do
            Assert.True(await items.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60)));
        while (items.Current.EventType == "ping");
        Assert.Equal("upload.completed", items.Current.EventType);
        Assert.Contains("\"subject\":\"dataset/chats\"", items.Current.Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_webhook_gets_every_event_in_order_signed_and_again_until_it_takes_it()
    {
        using var listener = new HttpListener();
        var port = FreePort();
        listener.Prefixes.Add($"http://127.0.0.1:{port}/");
        listener.Start();
        var (taken, refused) = (new ConcurrentQueue<string>(), 0);
        var listening = Task.Run(async () =>
        {
            while (taken.Count < 2)
            {
                var call = await listener.GetContextAsync();
                using var body = new MemoryStream();
                await call.Request.InputStream.CopyToAsync(body);
                var signature = call.Request.Headers["Temper-Signature"]!;
                var seconds = long.Parse(signature[2..signature.IndexOf(',', StringComparison.Ordinal)], System.Globalization.CultureInfo.InvariantCulture);
                Assert.Equal(WebhookRelay.Signature("secret", seconds, body.ToArray()), signature);
                if (refused++ == 0)
                    call.Response.StatusCode = 500;
                else
                    taken.Enqueue($"{call.Request.Headers["Temper-Event-Seq"]} {call.Request.Headers["Temper-Event"]}");
                call.Response.Close();
            }
        });
        using var folder = new TempFolder();
        await using var host = await RegistryHost.StartAsync(RegistryHost.OnFiles(folder) with { Webhooks = [new(new($"http://127.0.0.1:{port}/hook"), "secret")] });
        await WaitForAsync(host, "webhook");
        await host.UploadDatasetAsync("chats", "{}");
        await listening.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(["1 upload.completed", "2 work.queued"], taken);
    }

    [Fact]
    public async Task A_doorbell_of_a_plug_in_is_rung_for_every_queued_row()
    {
        var bell = new Bell();
        await using var host = await RegistryHost.StartAsync(null, services => services.AddSingleton<IDoorbell>(bell));
        await WaitForAsync(host, "doorbell");
        var id = (await host.UploadDatasetAsync("chats", "{}")).Work!.Value;
        Assert.Equal(new WorkRing(id, WorkKind.Ingest, 0), await bell.Rung.Task.WaitAsync(TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public void A_signature_is_what_its_description_says()
    {
        var body = Encoding.UTF8.GetBytes("{\"a\":1}");
        var mac = System.Security.Cryptography.HMACSHA256.HashData("secret"u8, Encoding.UTF8.GetBytes("7.{\"a\":1}"));
        Assert.Equal($"t=7,v1={Convert.ToHexStringLower(mac)}", WebhookRelay.Signature("secret", 7, body));
    }

    private static int FreePort()
    {
        using var socket = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }

    /// <summary>A relay begins with what happens after it was first there.</summary>
    private static async Task WaitForAsync(RegistryHost host, string name)
    {
        var db = host.Get<Storage.Sql.Db>();
        while (await db.ScalarAsync<long>("select count(*) from relays where name like @like", new { like = name + "%" }, None) == 0)
            await Task.Delay(20);
    }

    private sealed class Bell : IDoorbell
    {
        public TaskCompletionSource<WorkRing> Rung { get; } = new();

        public Task RingAsync(WorkRing ring, CancellationToken ct)
        {
            Rung.TrySetResult(ring);
            return Task.CompletedTask;
        }

        public Task<WorkRing?> WaitAsync(IReadOnlyList<WorkKind> kinds, TimeSpan atMost, CancellationToken ct) => Task.FromResult<WorkRing?>(null);

        public Task SettleAsync(WorkRing ring, CancellationToken ct) => Task.CompletedTask;
    }
}
