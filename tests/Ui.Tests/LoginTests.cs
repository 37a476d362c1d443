using System.Net;
using Microsoft.Playwright;
using Temper.Hosts.Tests;
using Temper.Testing;
using static Microsoft.Playwright.Assertions;

namespace Temper.Ui.Tests;

/// <summary>The dashboard of a server that asks for a key.</summary>
[Trait("Needs", "chromium")]
[Collection("dashboard")]
public sealed class LoginTests(Browser browser)
{
    private const string Key = "a key of more than sixteen characters";

    [Fact]
    public async Task Whoever_shows_the_key_gets_where_they_wanted_and_stays_in_across_a_restart_until_they_leave()
    {
        using var folder = new TempFolder();
        var server = await TemperProcess.UpAsync(folder.Of("home"), 0, ("TEMPER_API_KEY", Key));
        try
        {
            await using var visit = await browser.OpenAsync(server.Address, "datasets");
            var page = visit.Page;
            await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("/login"));
            await page.GetByLabel("API key").FillAsync("not the key of this server");
            await page.Keyboard.PressAsync("Enter");
            await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("not this server's API key");
            await page.GetByLabel("API key").FillAsync(Key);
            await page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Datasets");

            var cookie = Assert.Single(await visit.Context.CookiesAsync());
            Assert.True(cookie.HttpOnly);
            Assert.Equal(SameSiteAttribute.Strict, cookie.SameSite);
            Assert.DoesNotContain(Key, WebUtility.UrlDecode(cookie.Value));
            Assert.Equal(200, await page.EvaluateAsync<int>("async () => (await fetch('/v1/models')).status"));
            await ForgedAsync(server.Address, cookie.Value);

            server.Dispose();
            server = await TemperProcess.UpAsync(folder.Of("home"), server.Address.Port, ("TEMPER_API_KEY", Key));
            await page.GotoAsync("jobs");
            await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Jobs");
            await page.GetByRole(AriaRole.Button, new() { Name = "Log out" }).ClickAsync();
            await page.GotoAsync("jobs");
            await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("/login"));
            visit.AssertClean();
        }
        finally
        {
            server.Dispose();
        }
    }

    /// <summary>A session changes nothing when the request comes from elsewhere, and a changed one is none.</summary>
    private static async Task ForgedAsync(Uri server, string cookie)
    {
        using var http = new HttpClient { BaseAddress = server };
        Assert.Equal(HttpStatusCode.OK, await AskAsync(http, HttpMethod.Get, "api/v1/models", cookie, null));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(http, HttpMethod.Put, "api/v1/uploads/d/f.jsonl", cookie, "cross-site"));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(http, HttpMethod.Put, "api/v1/uploads/d/f.jsonl", cookie, null));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(http, HttpMethod.Get, "api/v1/models", "9" + cookie, null));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(http, HttpMethod.Get, "api/v1/models", "99999999999999.", null));
    }

    private static async Task<HttpStatusCode> AskAsync(HttpClient http, HttpMethod method, string path, string cookie, string? site)
    {
        using var request = new HttpRequestMessage(method, path) { Headers = { { "Cookie", $"temper={cookie}" } } };
        if (site is not null)
            request.Headers.Add("Sec-Fetch-Site", site);
        using var answer = await http.SendAsync(request);
        return answer.StatusCode;
    }
}
