using Microsoft.Playwright;
using Temper.Testing.Servers;

namespace Temper.Ui.Tests;

/// <summary>One Chromium for all tests; each test opens a page of its own.</summary>
public sealed class Browser : IAsyncLifetime
{
    private IPlaywright _playwright = null!;
    private IBrowser _browser = null!;

    public async Task InitializeAsync()
    {
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium.Path, Headless = true, Args = ["--no-sandbox", "--disable-dev-shm-usage"] });
    }

    public async Task<Visit> OpenAsync(Uri server, bool script = true, int width = 1280)
    {
        var context = await _browser.NewContextAsync(new() { BaseURL = server.AbsoluteUri, JavaScriptEnabled = script, ViewportSize = new() { Width = width, Height = 800 } });
        return new(context, await context.NewPageAsync(), server);
    }

    /// <summary>The same, and the page at an address of the server.</summary>
    public async Task<Visit> OpenAsync(Uri server, string path, bool script = true, int width = 1280)
    {
        var visit = await OpenAsync(server, script, width);
        await visit.Page.GotoAsync(path);
        return visit;
    }

    public async Task DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}

/// <summary>One user's page, and what went wrong on it.</summary>
public sealed class Visit : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly List<string> _faults = [];

    internal Visit(IBrowserContext context, IPage page, Uri server)
    {
        (_context, Page) = (context, page);
        page.Console += (_, message) => { if (message.Type == "error") Note($"console: {message.Text} {message.Location}"); };
        page.PageError += (_, error) => Note($"script: {error}");
        page.Request += (_, request) => { if (new Uri(request.Url) is { Scheme: "http" or "https" } to && to.Authority != server.Authority) Note($"request to {to}"); };
    }

    public IPage Page { get; }

    public IBrowserContext Context => _context;

    /// <summary>Errors in the console, in scripts, and requests to other hosts.</summary>
    public IReadOnlyList<string> Faults { get { lock (_faults) return [.. _faults]; } }

    /// <summary>Nothing went wrong so far.</summary>
    public void AssertClean() => Assert.True(Faults.Count == 0, string.Join('\n', Faults));

    public ValueTask DisposeAsync() => _context.DisposeAsync();

    private void Note(string fault)
    {
        lock (_faults)
            _faults.Add(fault);
    }
}
