using System.Net;
using Temper.Core.Errors;
using static Temper.Ingest.Tests.Backends.BackendContract;

namespace Temper.Ingest.Tests.Backends;

/// <summary>F7: no spelling of an address, no name and no redirect leads into a network that is not public. A real server stands where they would lead.</summary>
public sealed class FetchAddressTests : IAsyncLifetime
{
    private PictureServer _inside = null!;

    public async Task InitializeAsync()
    {
        _inside = await PictureServer.StartAsync();
        _inside.Files["/x.png"] = Picture(50, 1);
    }

    public async Task DisposeAsync() => await _inside.DisposeAsync();

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.1")]
    [InlineData("2130706433")]
    [InlineData("0x7f000001")]
    [InlineData("0x7f.1")]
    [InlineData("0177.0.0.1")]
    [InlineData("017700000001")]
    [InlineData("127.0.0.1.")]
    [InlineData("①②⑦.⓪.⓪.①")]
    [InlineData("%31%32%37.0.0.1")]
    [InlineData("localhost")]
    [InlineData("LOCALHOST.")]
    [InlineData("0.0.0.0")]
    [InlineData("0")]
    [InlineData("[::1]")]
    [InlineData("[0:0:0:0:0:0:0:1]")]
    [InlineData("[::]")]
    [InlineData("[::127.0.0.1]")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("[::ffff:7f00:1]")]
    [InlineData("[::ffff:10.0.0.1]")]
    [InlineData("[64:ff9b::127.0.0.1]")]
    [InlineData("[64:ff9b:1::127.0.0.1]")]
    [InlineData("[2002:7f00:1::]")]
    [InlineData("[2001:0:0:0::7f00:1]")]
    [InlineData("[fd00::1]")]
    [InlineData("[fe80::1%25lo]")]
    [InlineData("[fec0::1]")]
    [InlineData("[ff02::1]")]
    [InlineData("[2001:db8::1]")]
    [InlineData("169.254.169.254")]
    [InlineData("2852039166")]
    [InlineData("10.0.0.1")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("100.64.0.1")]
    [InlineData("198.18.0.1")]
    [InlineData("192.0.0.1")]
    [InlineData("224.0.0.1")]
    [InlineData("240.0.0.1")]
    [InlineData("255.255.255.255")]
    public async Task An_address_that_is_not_public_is_never_connected_to(string host)
    {
        var result = await FetchAsync($"http://{host}:{_inside.Port}/x.png");
        Assert.Null(result.File);
        // Some spellings are names to the platform; the machine's resolver knows them or not.
        Assert.Contains(result.Refusal!.Code, (string[])["FETCH_BLOCKED", "FETCH_URL", "FETCH_UNREACHABLE"]);
        Assert.Empty(_inside.Requests);
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("/etc/passwd")]
    [InlineData("gopher://example.com/x")]
    [InlineData("ftp://example.com/x")]
    [InlineData("data:image/png;base64,iVBORw0KGgo=")]
    [InlineData("javascript:alert(1)")]
    [InlineData("http://example.com/x.png")]
    [InlineData("https://example.com:22/x.png")]
    [InlineData("https://example.com:8080/x.png")]
    [InlineData("https://user:hush@example.com/x.png")]
    [InlineData("https://example.com@127.0.0.1/x.png")]
    [InlineData("https://example.com\\@127.0.0.1/x.png")]
    [InlineData("https://@127.0.0.1/x.png")]
    [InlineData("https://exa\u0000mple.com/x.png")]
    [InlineData("https://example.com/x\r\nHost: inside")]
    [InlineData("//example.com/x.png")]
    [InlineData("https:///x.png")]
    [InlineData("https://")]
    [InlineData("   ")]
    [InlineData("not an address")]
    public async Task What_is_no_plain_https_address_is_refused(string url)
    {
        using var fetcher = new SafeFetcher(new(new FetchPolicy()), TimeProvider.System);
        var result = await fetcher.FetchAsync(url, default);
        Assert.Contains(result.Refusal!.Code, (string[])["FETCH_URL", "FETCH_BLOCKED"]);
        Assert.DoesNotContain("hush", result.Refusal.Reason);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("10.1.2.3")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("169.254.169.254")]
    public async Task A_name_that_stands_for_a_private_address_is_refused(string address)
    {
        var result = await FetchAsync($"http://pictures.example:{_inside.Port}/x.png", resolve: (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse(address)]));
        Assert.Equal("FETCH_BLOCKED", result.Refusal!.Code);
        Assert.Empty(_inside.Requests);
    }

    [Fact]
    public async Task A_name_with_one_private_address_among_public_ones_is_refused()
    {
        var result = await FetchAsync($"http://pictures.example:{_inside.Port}/x.png", resolve: (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("93.184.216.34"), IPAddress.Loopback]));
        Assert.Equal("FETCH_BLOCKED", result.Refusal!.Code);
        Assert.Empty(_inside.Requests);
    }

    [Fact]
    public async Task A_name_that_is_public_first_and_private_later_is_looked_up_once_and_never_reaches_the_inside()
    {
        await using var outside = await PictureServer.StartAsync("127.0.0.2");
        outside.Files["/x.png"] = Picture(50, 2);
        // 127.0.0.2 plays a public host; both servers would have to listen on one port for the trick to work, so the second answer names the first server's.
        var lookups = 0;
        HostResolver rebinding = (_, _) => Task.FromResult<IPAddress[]>([Interlocked.Increment(ref lookups) == 1 ? IPAddress.Parse("127.0.0.2") : IPAddress.Loopback]);
        var policy = new FetchPolicy { AllowHttp = true, Ports = [outside.Port, _inside.Port], AllowedNetworks = [IPNetwork.Parse("127.0.0.2/32")] };
        using var fetcher = new SafeFetcher(new(policy, rebinding), TimeProvider.System);
        await using (var first = (await fetcher.FetchAsync($"http://rebind.example:{outside.Port}/x.png", default)).File!)
            Assert.Equal(50, first.Size);
        Assert.Equal(1, lookups);
        var second = await fetcher.FetchAsync($"http://rebind.example:{_inside.Port}/x.png", default);
        Assert.Equal("FETCH_BLOCKED", second.Refusal!.Code);
        Assert.Equal(2, lookups);
        Assert.Empty(_inside.Requests);
        Assert.Equal(["/x.png"], outside.Requests);
    }

    [Theory]
    [InlineData("http://127.0.0.1:{0}/x.png", "FETCH_BLOCKED")]
    [InlineData("http://2130706433:{0}/x.png", "FETCH_BLOCKED")]
    [InlineData("http://[::ffff:127.0.0.1]:{0}/x.png", "FETCH_BLOCKED")]
    [InlineData("http://inside.example:{0}/x.png", "FETCH_BLOCKED")]
    [InlineData("//127.0.0.1:{0}/x.png", "FETCH_BLOCKED")]
    [InlineData("http://user:hush@outside.example:{0}/x.png", "FETCH_URL")]
    [InlineData("http://outside.example:22/x.png", "FETCH_URL")]
    [InlineData("file:///etc/passwd", "FETCH_URL")]
    [InlineData("gopher://127.0.0.1/", "FETCH_URL")]
    [InlineData("/round", "FETCH_REDIRECTS")]
    [InlineData("", "FETCH_REDIRECTS")]
    public async Task A_redirect_is_held_to_the_same_rules(string location, string code)
    {
        await using var outside = await PictureServer.StartAsync("127.0.0.2");
        outside.Answer = context =>
        {
            context.Response.StatusCode = 302;
            if (location.Length > 0)
                context.Response.Headers.Location = string.Format(System.Globalization.CultureInfo.InvariantCulture, location, _inside.Port);
            return Task.CompletedTask;
        };
        HostResolver names = (host, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse(host == "outside.example" ? "127.0.0.2" : "127.0.0.1")]);
        var policy = new FetchPolicy { AllowHttp = true, Ports = [outside.Port, _inside.Port], AllowedNetworks = [IPNetwork.Parse("127.0.0.2/32")] };
        using var fetcher = new SafeFetcher(new(policy, names), TimeProvider.System);
        var result = await fetcher.FetchAsync($"http://outside.example:{outside.Port}/start", default);
        Assert.Equal(code, result.Refusal!.Code);
        Assert.Empty(_inside.Requests);
        Assert.Equal(location == "/round" ? 4 : 1, outside.Requests.Count);
    }

    [Fact]
    public async Task Three_redirects_are_followed_and_no_cookie_or_credential_goes_along()
    {
        await using var server = await PictureServer.StartAsync();
        var headers = new List<string>();
        server.Answer = async context =>
        {
            headers.AddRange(context.Request.Headers.Select(h => $"{h.Key}: {h.Value}"));
            var step = int.Parse(context.Request.Path.Value![1..], System.Globalization.CultureInfo.InvariantCulture);
            if (step < 3)
            {
                context.Response.StatusCode = 301 + step;
                context.Response.Headers.Location = $"/{step + 1}";
                context.Response.Headers.SetCookie = "id=1";
                return;
            }
            context.Response.ContentType = "image/png";
            await context.Response.Body.WriteAsync(Picture(60, 1));
        };
        using var fetcher = new SafeFetcher(new(Loopback(server.Port)), TimeProvider.System);
        await using var file = (await fetcher.FetchAsync(server.Url("/0"), default)).File!;
        Assert.Equal(60, file.Size);
        Assert.Equal(4, server.Requests.Count);
        Assert.All(headers, h => Assert.DoesNotMatch("(?i)^(cookie|authorization|referer|traceparent|proxy)", h));
    }

    [Fact]
    public async Task A_host_that_the_operator_allows_is_reached_on_its_port_alone()
    {
        using var fetcher = new SafeFetcher(new(new FetchPolicy { AllowedHosts = [$"127.0.0.1:{_inside.Port}"] }), TimeProvider.System);
        await using (var file = (await fetcher.FetchAsync(_inside.Url("/x.png"), default)).File!)
            Assert.Equal(50, file.Size);
        Assert.NotNull((await fetcher.FetchAsync($"http://127.0.0.1:{_inside.Port + 1}/x.png", default)).Refusal);
        Assert.Equal("FETCH_URL", (await fetcher.FetchAsync($"ftp://127.0.0.1:{_inside.Port}/x.png", default)).Refusal!.Code);
    }

    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("172.32.0.1")]
    [InlineData("100.128.0.1")]
    [InlineData("2606:4700::1111")]
    [InlineData("64:ff9b::8.8.8.8")]
    public void Public_addresses_are_public(string address) => Assert.True(PublicAddresses.IsPublic(IPAddress.Parse(address)));

    internal static FetchPolicy Loopback(int port) => new() { AllowHttp = true, Ports = [port], AllowedNetworks = [IPNetwork.Parse("127.0.0.0/8")] };

    private async Task<FetchResult> FetchAsync(string url, HostResolver? resolve = null)
    {
        using var fetcher = new SafeFetcher(new(new FetchPolicy { AllowHttp = true, Ports = [_inside.Port] }, resolve), TimeProvider.System);
        return await fetcher.FetchAsync(url, default);
    }
}
