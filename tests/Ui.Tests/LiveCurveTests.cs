using Microsoft.Playwright;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Hosts.Tests;
using static Microsoft.Playwright.Assertions;

namespace Temper.Ui.Tests;

/// <summary>A running job as somebody sees it who leaves the page open.</summary>
[Trait("Needs", "chromium")]
[Collection("dashboard")]
public sealed class LiveCurveTests(Browser browser)
{
    private const int Steps = 1200;

    [Fact]
    public async Task The_curve_of_a_running_job_grows_on_the_open_page_across_a_killed_server()
    {
        using var world = new TinyWorld(Steps);
        var server = await TemperProcess.UpAsync(world.Home());
        try
        {
            var job = await BeginAsync(world, server);
            await using var visit = await browser.OpenAsync(server.Address, $"jobs/{job}");
            await GrowsBeyondAsync(visit.Page, await PointsAsync(visit.Page) + 5);

            await PausesAndGoesOnAsync(visit.Page);
            server.Kill();
            var before = await PointsAsync(visit.Page);
            Assert.InRange(before, 5, Steps - 100);
            server.Dispose();
            server = await TemperProcess.UpAsync(world.Home(), server.Address.Port);

            await GrowsBeyondAsync(visit.Page, before + 50);
            var steps = await visit.Page.EvaluateAsync<int[]>("() => { const svg = document.querySelector('.wide svg'); return svg.querySelector('polyline.loss').getAttribute('points').split(' ').map(p => Math.round(parseFloat(p) / 600 * svg.dataset.lastX)); }");
            Assert.Equal(Enumerable.Range(1, steps.Length), steps);
            Assert.True(await visit.Page.EvaluateAsync<bool>("() => window.stayed === true"), "the page was loaded again");
            await Expect(visit.Page.Locator("[data-field=state]")).ToHaveTextAsync("completed", new() { Timeout = 120_000 });
            await Expect(visit.Page.Locator("dt:text('Attempt') + dd")).ToHaveTextAsync("3");
            Assert.Equal(Steps, await PointsAsync(visit.Page));
            await Expect(visit.Page.GetByRole(AriaRole.Link, new() { Name = "bot:1" })).ToBeVisibleAsync();
            Assert.DoesNotContain(visit.Faults, fault => !fault.Contains("ERR_", StringComparison.Ordinal));
        }
        finally
        {
            server.Dispose();
        }
    }

    /// <summary>The buttons lead back to the page; from then on it is not loaded again.</summary>
    private static async Task PausesAndGoesOnAsync(IPage page)
    {
        await page.GetByRole(AriaRole.Button, new() { Name = "Pause" }).ClickAsync();
        await Expect(page.Locator("[data-field=state]")).ToHaveTextAsync("paused", new() { Timeout = 30_000 });
        await page.GetByRole(AriaRole.Button, new() { Name = "Resume" }).ClickAsync();
        await page.EvaluateAsync("() => { window.stayed = true; }");
        await Expect(page.Locator("[data-field=state]")).ToHaveTextAsync("running", new() { Timeout = 30_000 });
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Pause" })).ToBeVisibleAsync();
        await GrowsBeyondAsync(page, await PointsAsync(page) + 5);
    }

    private static async Task<WorkId> BeginAsync(TinyWorld world, TemperProcess server)
    {
        await world.ImportBaseAsync(server.Address);
        Assert.Equal(0, (await world.TrainAsync(server.Address, "--on", "chats")).Exit);
        Assert.Equal(0, (await world.UploadAsync(server.Address)).Exit);
        using var client = server.Client();
        for (var attempt = 0; attempt < 1200; attempt++, await Task.Delay(100))
            if ((await client.Jobs.ListAsync(WorkKind.Train, null, default)).Items is [{ Step: > 0 } job])
                return job.Id;
        throw new TimeoutException("The job did not start.");
    }

    private static async Task<int> PointsAsync(IPage page) => (await page.Locator("polyline.loss").GetAttributeAsync("points"))!.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;

    private static async Task GrowsBeyondAsync(IPage page, int points) =>
        await page.WaitForFunctionAsync("n => document.querySelector('polyline.loss').getAttribute('points').split(' ').length > n", points, new() { Timeout = 90_000 });
}
