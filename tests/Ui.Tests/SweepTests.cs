using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Temper.Ui.Tests;

/// <summary>The pages of sweeps.</summary>
[Trait("Needs", "chromium")]
[Collection("dashboard")]
public sealed class SweepTests(Browser browser, TrainedWorld world)
{
    [Fact]
    public async Task The_table_of_a_sweep_ranks_its_trials_says_why_they_stopped_and_sorts_by_every_column()
    {
        await using var visit = await browser.OpenAsync(world.Address, "sweeps");
        var page = visit.Page;
        await page.GetByRole(AriaRole.Link, new() { Name = "rates" }).ClickAsync();
        var best = world.Sweep.Trials.Single(trial => trial.Index == world.Sweep.Best);
        await Expect(page.Locator(".standing")).ToContainTextAsync(new Regex("completed.*3 of 3 trials ended.*halving over loss, less is better.*rungs at steps 3, 6", RegexOptions.Singleline));
        await Expect(page.GetByText($"The best is trial {best.Index}")).ToContainTextAsync("it made tuned:1");

        var rows = page.GetByRole(AriaRole.Table, new() { Name = "Trials" }).Locator("tbody tr");
        await Expect(rows).ToHaveCountAsync(3);
        await Expect(rows.First).ToContainTextAsync(new Regex($"1.*trial {best.Index}.*completed.*6 of 6, rung 1.*tuned:1", RegexOptions.Singleline));
        await Expect(rows.Nth(1)).ToContainTextAsync(new Regex("stopped.*3 of 6.*place 2 of 3 at step 3", RegexOptions.Singleline));

        await page.GetByRole(AriaRole.Link, new() { Name = "training.learning_rate" }).ClickAsync();
        await Expect(page.Locator("th[aria-sort=ascending]")).ToHaveTextAsync(new Regex("training.learning_rate"));
        Assert.Equal(["trial 0", "trial 1", "trial 2"], await rows.Locator("a[href^='/jobs/']").AllInnerTextsAsync());
        await page.GetByRole(AriaRole.Link, new() { Name = "training.learning_rate" }).ClickAsync();
        await Expect(page.Locator("th[aria-sort=descending]")).ToHaveTextAsync(new Regex("training.learning_rate"));
        Assert.Equal(["trial 2", "trial 1", "trial 0"], await rows.Locator("a[href^='/jobs/']").AllInnerTextsAsync());
        visit.AssertClean();
    }

    [Fact]
    public async Task The_metric_is_drawn_against_each_setting_and_up_the_rungs_and_trials_are_compared()
    {
        await using var visit = await browser.OpenAsync(world.Address, "sweeps/rates");
        var page = visit.Page;
        var scatter = page.Locator(".scatter svg");
        await Expect(scatter).ToHaveAttributeAsync("aria-label", new Regex(@"^loss against training\.learning_rate\. trial 0: 1E-05 gave \d.*; trial 1: .*; trial 2: 0\.01 gave \d", RegexOptions.IgnoreCase));
        // Rates of 1e-5, 1e-3 and 1e-2 lie by their logarithms: at 0, two thirds and 1.
        var across = Regex.Matches(string.Concat(await scatter.Locator("path.dots").EvaluateAllAsync<string[]>("dots => dots.map(d => d.getAttribute('d'))")), @"M([0-9.]+) ").Select(m => m.Groups[1].Value).Order(StringComparer.Ordinal);
        Assert.Equal(["0.0", "400.0", "600.0"], across);
        await Expect(scatter.Locator("path.best")).ToHaveAttributeAsync("d", new Regex("^M[0-9.]+ 200.0h0$"));

        var curves = page.Locator("[data-chart=trials]");
        await Expect(curves.Locator("path.guide")).ToHaveAttributeAsync("d", "M300.000 0V200M600.000 0V200");
        var lengths = await curves.Locator("polyline").EvaluateAllAsync<int[]>("lines => lines.map(l => l.getAttribute('points').split(' ').length)");
        Assert.Equal([6, 3, 3], lengths);

        await page.GetByLabel("Compare trial 0").CheckAsync();
        await page.GetByLabel("Compare trial 2").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Compare" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Table, new() { Name = "Settings and inputs" }).GetByRole(AriaRole.Row).Filter(new() { HasText = "training.learning_rate" })).ToHaveCountAsync(1);
        await page.GetByRole(AriaRole.Link, new() { Name = "tuned " }).First.ClickAsync();
        await Expect(page.Locator("dt:text-is('Sweep') + dd")).ToHaveTextAsync(new Regex("trial [02] of rates"));
        visit.AssertClean();
    }
}
