using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Storage.Folder;
using Temper.Testing;
using static Temper.Ingest.Tests.Backends.BackendContract;
using static Temper.Ingest.Tests.Backends.FetchAddressTests;

namespace Temper.Ingest.Tests.Backends;

/// <summary>F7: whatever a server does, a download ends in time, in bounds, and with the kind of file that was asked for.</summary>
public sealed class FetchContentTests : IAsyncLifetime
{
    private PictureServer _server = null!;

    public async Task InitializeAsync() => _server = await PictureServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("headers")]
    [InlineData("body")]
    public async Task A_server_that_dribbles_is_given_up_in_time(string where)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync();
            var stream = client.GetStream();
            if (where == "body")
                await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n"u8.ToArray());
            try
            {
                while (true)
                {
                    await stream.WriteAsync("x"u8.ToArray());
                    await Task.Delay(50);
                }
            }
            catch (IOException)
            {
            }
        });
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var began = Stopwatch.StartNew();
        var result = await FetchAsync($"http://127.0.0.1:{port}/x.png", Loopback(port) with { TotalTimeout = TimeSpan.FromSeconds(1) });
        Assert.Equal("FETCH_TIMEOUT", result.Refusal!.Code);
        Assert.True(began.Elapsed < TimeSpan.FromSeconds(15));
        await serving;
    }

    [Fact]
    public async Task A_name_that_is_never_resolved_is_given_up_in_time()
    {
        var policy = Loopback(_server.Port) with { ConnectTimeout = TimeSpan.FromMilliseconds(300) };
        using var fetcher = new SafeFetcher(new(policy, async (_, ct) => { await Task.Delay(Timeout.Infinite, ct); return []; }), TimeProvider.System);
        Assert.Equal("FETCH_TIMEOUT", (await fetcher.FetchAsync($"http://slow.example:{_server.Port}/", default)).Refusal!.Code);
    }

    [Fact]
    public async Task A_body_without_end_is_cut_off()
    {
        _server.Answer = async context =>
        {
            context.Response.ContentType = "image/png";
            while (!context.RequestAborted.IsCancellationRequested)
                await context.Response.Body.WriteAsync(Picture(10_000, 1));
        };
        Assert.Equal("FETCH_TOO_LARGE", (await FetchAsync("/x", most: 100_000)).Refusal!.Code);
    }

    [Fact]
    public async Task A_size_over_the_limit_is_refused_when_it_is_announced()
    {
        _server.Answer = async context =>
        {
            (context.Response.ContentType, context.Response.ContentLength) = ("image/png", 100_001);
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        };
        Assert.Equal("FETCH_TOO_LARGE", (await FetchAsync("/x", most: 100_000)).Refusal!.Code);
    }

    [Fact]
    public async Task A_gzip_bomb_is_bounded_by_what_it_unpacks_to()
    {
        var bomb = Gzip([.. Picture(50, 1), .. new byte[40_000_000]]);
        Assert.True(bomb.Length < 900_000);
        _server.Answer = context => SendAsync(context, bomb, "image/png", "gzip");
        Assert.Equal("FETCH_TOO_LARGE", (await FetchAsync("/x", most: 1_000_000)).Refusal!.Code);
    }

    [Fact]
    public async Task Members_without_content_do_not_go_on_for_ever()
    {
        byte[] member = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        byte[] nothing = [.. Enumerable.Repeat(member, 500).SelectMany(bytes => bytes)];
        _server.Answer = async context =>
        {
            (context.Response.ContentType, context.Response.Headers.ContentEncoding) = ("image/png", "gzip");
            while (!context.RequestAborted.IsCancellationRequested)
                await context.Response.Body.WriteAsync(nothing);
        };
        Assert.Contains((await FetchAsync("/x", most: 50_000)).Refusal!.Code, (string[])["FETCH_TOO_LARGE", "FETCH_BROKEN"]);
    }

    [Fact]
    public async Task A_compressed_answer_is_unpacked_and_a_cut_one_is_not_taken_for_whole()
    {
        var picture = Picture(100_000, 1);
        var packed = Gzip(picture);
        _server.Answer = context => SendAsync(context, context.Request.Path == "/whole" ? packed : packed[..(packed.Length / 2)], "image/png", "gzip");
        await using (var file = (await FetchAsync("/whole")).File!)
            Assert.Equal(Core.Ids.Digest.Of(picture), file.Sha256);
        Assert.Equal("FETCH_BROKEN", (await FetchAsync("/cut")).Refusal!.Code);
        _server.Answer = context => SendAsync(context, picture, "image/png", "br");
        Assert.Equal("FETCH_BROKEN", (await FetchAsync("/brotli")).Refusal!.Code);
    }

    [Theory]
    [InlineData("text/html; charset=utf-8", "<!doctype html><title>Not here</title>")]
    [InlineData("image/png", "<!doctype html><title>Not here</title>")]
    [InlineData("image/png", "")]
    [InlineData("application/octet-stream", "BMthis is prose, not a picture")]
    [InlineData("application/json", "\u0089PNG")]
    [InlineData("image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg'/>")]
    public async Task A_web_page_is_no_picture_whatever_it_is_called(string type, string content)
    {
        _server.Answer = context => SendAsync(context, Encoding.Latin1.GetBytes(content), type);
        var result = await FetchAsync("/x.png");
        Assert.Equal("FETCH_NOT_CONTENT", result.Refusal!.Code);
        Assert.False(result.Refusal.MayPass);
    }

    [Theory]
    [InlineData("png", "iVBORw0KGgoAAAANSUhEUgAA")]
    [InlineData("jpg", "/9j/4AAQSkZJRgABAQAAAQAB")]
    [InlineData("gif", "R0lGODlhAQABAIAAAAAAAP//")]
    [InlineData("webp", "UklGRhoAAABXRUJQVlA4TA0A")]
    [InlineData("bmp", "Qk06AAAAAAAAADYAAAAoAAAA")]
    public async Task The_kind_is_that_of_the_first_bytes(string kind, string base64)
    {
        _server.Answer = context => SendAsync(context, Convert.FromBase64String(base64), "application/octet-stream");
        await using var file = (await FetchAsync("/picture.exe")).File!;
        Assert.Equal(kind, file.Extension);
    }

    [Fact]
    public async Task A_busy_server_is_asked_again_when_it_says()
    {
        _server.Answer = context =>
        {
            if (_server.Requests.Count > 1)
                return SendAsync(context, Picture(50, 1), "image/png");
            (context.Response.StatusCode, context.Response.Headers.RetryAfter) = (429, "1");
            return Task.CompletedTask;
        };
        var began = Stopwatch.StartNew();
        await using var file = (await FetchAsync("/x")).File!;
        Assert.True(began.Elapsed > TimeSpan.FromSeconds(0.9), $"{began.Elapsed}");
        Assert.Equal(2, _server.Requests.Count);
    }

    [Theory]
    [InlineData(429, "3600", 1)]
    [InlineData(503, "0", 4)]
    [InlineData(500, "0", 4)]
    [InlineData(408, "0", 4)]
    [InlineData(404, "0", 1)]
    [InlineData(403, "0", 1)]
    [InlineData(304, "0", 1)]
    [InlineData(206, "0", 1)]
    public async Task Only_what_may_pass_is_tried_again_and_not_for_ever(int status, string retryAfter, int requests)
    {
        _server.Answer = context =>
        {
            (context.Response.StatusCode, context.Response.Headers.RetryAfter) = (status, retryAfter);
            return Task.CompletedTask;
        };
        var refusal = (await FetchAsync("/x")).Refusal!;
        Assert.Equal(("FETCH_STATUS", status), (refusal.Code, refusal.Status));
        Assert.Equal(requests, _server.Requests.Count);
    }

    [Fact]
    public async Task A_connection_that_breaks_in_the_middle_gives_nothing()
    {
        _server.Answer = async context =>
        {
            (context.Response.ContentType, context.Response.ContentLength) = ("image/png", 10_000);
            await context.Response.Body.WriteAsync(Picture(5_000, 1));
            await context.Response.Body.FlushAsync();
            // What was sent shall arrive: an abort throws away what is still on the way.
            await Task.Delay(100);
            context.Abort();
        };
        Assert.Equal("FETCH_BROKEN", (await FetchAsync("/x")).Refusal!.Code);
    }

    [Fact]
    public async Task A_host_is_asked_for_four_things_at_a_time()
    {
        _server.Answer = async context =>
        {
            await Task.Delay(60);
            await SendAsync(context, Picture(50, 1), "image/png");
        };
        using var fetcher = new SafeFetcher(new(Loopback(_server.Port)), TimeProvider.System);
        var results = await Task.WhenAll(Enumerable.Range(0, 24).Select(i => fetcher.FetchAsync(_server.Url($"/{i}"), default)));
        Assert.All(results, r => Assert.NotNull(r.File));
        Assert.InRange(_server.MostAtATime, 2, 4);
        foreach (var result in results)
            await result.File!.DisposeAsync();
    }

    [Fact]
    public async Task Several_backends_ask_a_host_for_four_things_at_a_time_together()
    {
        using var folder = new TempFolder();
        _server.Answer = async context =>
        {
            await Task.Delay(60);
            await SendAsync(context, Picture(50, 1), "image/png");
        };
        var services = new BackendServices(TimeProvider.System, folder.Path, (_, _) => ValueTask.FromResult<string?>(null), Loopback(_server.Port), new FolderBlobStore(folder.Of("cache"), TimeProvider.System));
        var sheets = new List<IDataBackend>();
        foreach (var sheet in (string[])["a", "b", "c"])
        {
            await File.WriteAllLinesAsync(folder.Of($"{sheet}.csv"), ["url", .. Enumerable.Range(0, 8).Select(i => _server.Url($"/{sheet}{i}.png"))]);
            using var settings = JsonDocument.Parse($$"""{"type": "csv", "csv_file": "{{sheet}}.csv"}""");
            sheets.Add(await CsvKind.Kind.Open(new(sheet, new(sheet, settings.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.Clone())), services), default));
        }
        await Task.WhenAll(sheets.Select(async sheet =>
        {
            await foreach (var _ in sheet.ListAsync(default))
                continue;
        }));
        Assert.InRange(_server.MostAtATime, 2, 4);
        Assert.Equal(24, _server.Requests.Count);
    }

    [Fact]
    public async Task What_two_addresses_give_alike_is_kept_once_and_not_asked_for_again()
    {
        using var folder = new TempFolder();
        var store = new FolderBlobStore(folder.Path, TimeProvider.System);
        _server.Files["/a/photo.png"] = _server.Files["/b/photo.png"] = Picture(70, 1);
        var cache = Cache(store, TimeProvider.System);
        var first = await cache.GetAsync(_server.Url("/a/photo.png"), default);
        var second = await cache.GetAsync(_server.Url("/b/photo.png"), default);
        Assert.Equal(first, second);
        Assert.Equal(first, await Cache(store, TimeProvider.System).GetAsync(_server.Url("/a/photo.png#part"), default));
        Assert.Equal(2, _server.Requests.Count);
        Assert.Single(await KeysAsync(store, "cache/fetched/"));
        Assert.Equal(2, (await KeysAsync(store, "cache/fetch/")).Count);
    }

    [Fact]
    public async Task A_refusal_is_remembered_for_a_while_and_never_as_content()
    {
        using var folder = new TempFolder();
        var (store, clock) = (new FolderBlobStore(folder.Path, TimeProvider.System), new ManualClock());
        var cache = Cache(store, clock);
        var first = await cache.GetAsync(_server.Url("/late.png?signature=hush"), default);
        Assert.Equal(404, first.Refusal!.Status);
        Assert.Equal(404, (await cache.GetAsync(_server.Url("/late.png?signature=hush"), default)).Refusal!.Status);
        Assert.Single(_server.Requests);
        Assert.Empty(await KeysAsync(store, "cache/fetched/"));
        foreach (var file in Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories))
            Assert.DoesNotContain("hush", await File.ReadAllTextAsync(file));

        _server.Files["/late.png?signature=hush"] = Picture(50, 1);
        clock.Ahead = TimeSpan.FromDays(1.1);
        Assert.NotNull((await cache.GetAsync(_server.Url("/late.png?signature=hush"), default)).Sha256);
        Assert.Equal(2, _server.Requests.Count);
    }

    [Fact]
    public async Task A_record_of_the_cache_that_is_damaged_is_made_again()
    {
        using var folder = new TempFolder();
        var store = new FolderBlobStore(folder.Path, TimeProvider.System);
        _server.Files["/a.png"] = Picture(70, 1);
        var made = await Cache(store, TimeProvider.System).GetAsync(_server.Url("/a.png"), default);
        var key = BlobKey.Parse(Assert.Single(await KeysAsync(store, "cache/fetch/")));
        await store.ReplaceAsync(key, "{"u8.ToArray(), (await store.FindAsync(key, default))!.ETag, default);
        Assert.Equal(made, await Cache(store, TimeProvider.System).GetAsync(_server.Url("/a.png"), default));
        Assert.Equal(2, _server.Requests.Count);
        Assert.Equal(made, await Cache(store, TimeProvider.System).GetAsync(_server.Url("/a.png"), default));
        Assert.Equal(2, _server.Requests.Count);
    }

    [Fact]
    public async Task Outcomes_and_blocked_addresses_are_counted()
    {
        var counted = new List<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Name is "data.fetch" or "data.ssrf.blocked")
                l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) =>
        {
            lock (counted)
                counted.Add(instrument.Name + (tags.Length > 0 ? $" {tags[0].Value}" : ""));
        });
        listener.Start();
        _server.Files["/a.png"] = Picture(50, 1);
        await using (var file = (await FetchAsync("/a.png")).File!)
            Assert.NotNull(file);
        await FetchAsync("/none");
        await FetchAsync("http://10.0.0.1/", new FetchPolicy { AllowHttp = true });
        lock (counted)
            Assert.Superset(new HashSet<string> { "data.fetch fetched", "data.fetch FETCH_STATUS", "data.fetch FETCH_BLOCKED", "data.ssrf.blocked" }, counted.ToHashSet());
    }

    private FetchCache Cache(FolderBlobStore store, TimeProvider clock)
    {
        var policy = Loopback(_server.Port);
        return new(new SafeFetcher(new(policy), clock), store, clock, policy);
    }

    private async Task<FetchResult> FetchAsync(string path, FetchPolicy? policy = null, long most = 50_000_000)
    {
        using var fetcher = new SafeFetcher(new((policy ?? Loopback(_server.Port)) with { MaxBytes = most }), TimeProvider.System);
        return await fetcher.FetchAsync(path.StartsWith('/') ? _server.Url(path) : path, default);
    }

    private static async Task SendAsync(Microsoft.AspNetCore.Http.HttpContext context, byte[] content, string type, string? encoding = null)
    {
        (context.Response.ContentType, context.Response.ContentLength) = (type, content.Length);
        if (encoding is not null)
            context.Response.Headers.ContentEncoding = encoding;
        await context.Response.Body.WriteAsync(content);
    }

    private static byte[] Gzip(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(content);
        return packed.ToArray();
    }

    private static async Task<List<string>> KeysAsync(FolderBlobStore store, string prefix)
    {
        var keys = new List<string>();
        await foreach (var blob in store.ListAsync(prefix, default))
            keys.Add(blob.Key.ToString());
        return keys;
    }
}
