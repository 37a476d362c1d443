using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Temper.Ui.Tests;

/// <summary>Runs beside each other.</summary>
[Trait("Needs", "chromium")]
[Collection("dashboard")]
public sealed class CompareTests(Browser browser, TrainedWorld world)
{
    [Fact]
    public async Task Two_jobs_chosen_in_the_list_are_drawn_over_each_other_and_only_what_differs_is_listed()
    {
        await using var visit = await browser.OpenAsync(world.Address, "jobs");
        var page = visit.Page;
        await page.GetByLabel($"Compare bot {world.Bot.Id}").CheckAsync();
        await page.GetByLabel($"Compare spiky {world.Spiky.Id}").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Compare" }).ClickAsync();
        await Expect(page.Locator(".curve polyline")).ToHaveCountAsync(2);
        await Expect(page.Locator($"polyline[data-series='{world.Bot.Id}']")).ToHaveAttributeAsync("points", new Regex("^([0-9.]+,[0-9.]+ ?){24}$"));

        var settings = page.GetByRole(AriaRole.Table, new() { Name = "Settings and inputs" });
        var rate = settings.GetByRole(AriaRole.Row).Filter(new() { HasText = "training.learning_rate" });
        await Expect(rate.GetByRole(AriaRole.Cell)).ToHaveTextAsync(await FirstIsBotAsync(page) ? new[] { "0.001", "0.01" } : ["0.01", "0.001"]);
        await Expect(settings.GetByText("model_name_or_path")).ToHaveCountAsync(0);
        await page.GetByLabel("all settings").CheckAsync();
        await Expect(settings.GetByText("model_name_or_path")).ToHaveCountAsync(1);
        await Expect(page).ToHaveURLAsync(new Regex("all=true"));

        var figures = page.GetByRole(AriaRole.Table, new() { Name = "Figures" });
        await Expect(figures.GetByRole(AriaRole.Row).Filter(new() { HasText = "(steps)" })).ToContainTextAsync($"{world.Spiky.TotalSteps}");
        await Expect(figures.GetByRole(AriaRole.Row).Filter(new() { HasText = "memory, most" })).ToContainTextAsync("iB");
        visit.AssertClean();
    }

    [Fact]
    public async Task The_slider_smooths_the_curves_and_they_are_drawn_over_time_and_tokens_too()
    {
        await using var visit = await browser.OpenAsync(world.Address, $"compare?jobs={world.Spiky.Id},{world.Bot.Id}");
        var page = visit.Page;
        var line = page.Locator($"polyline[data-series='{world.Spiky.Id}']");
        var rough = (await line.GetAttributeAsync("points"))!;
        await page.GetByLabel("Smoothing").FillAsync("0.9");
        await Expect(line).Not.ToHaveAttributeAsync("points", rough);
        Assert.InRange(Roughness((await line.GetAttributeAsync("points"))!), 0, Roughness(rough) / 2);

        await page.GetByLabel("Over").SelectOptionAsync("tokens");
        await Expect(page.Locator(".curve title")).ToHaveTextAsync("loss by token");
        Assert.True(double.Parse((await page.Locator("svg.curve").GetAttributeAsync("data-last-x"))!, System.Globalization.CultureInfo.InvariantCulture) > world.Spiky.TotalSteps * 5);
        await page.GetByLabel("Over").SelectOptionAsync("time");
        await Expect(page.Locator(".curve title")).ToHaveTextAsync("loss by second");
        await page.Locator(".plot").FocusAsync();
        await page.Keyboard.PressAsync("End");
        await Expect(page.Locator(".readout")).ToContainTextAsync(new Regex(@"^second \d.* · spiky .{6} \d"));
        visit.AssertClean();
    }

    [Fact]
    public async Task Without_scripts_the_comparison_says_the_same_and_what_is_no_job_is_shown_as_it_was_written()
    {
        await using var visit = await browser.OpenAsync(world.Address, $"compare?jobs={world.Bot.Id}&jobs={Uri.EscapeDataString(TrainedWorld.Hostile)}&measure=grad_norm&over=steps&smooth=much", script: false);
        await Expect(visit.Page.Locator("p.error")).ToHaveTextAsync($"There is no training job {TrainedWorld.Hostile}.");
        await Expect(visit.Page.Locator($"polyline[data-series='{world.Bot.Id}']")).ToHaveAttributeAsync("points", new Regex("^([0-9.]+,[0-9.]+ ?){24}$"));
        await Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Show" })).ToBeVisibleAsync();
        await visit.Page.GotoAsync("compare");
        await Expect(visit.Page.GetByText("Choose two to 8 training jobs")).ToBeVisibleAsync();
    }

    private static async Task<bool> FirstIsBotAsync(IPage page) => (await page.Locator(".matrix thead th").First.InnerTextAsync()).StartsWith("bot", StringComparison.Ordinal);

    /// <summary>How far the curve goes up and down.</summary>
    private static double Roughness(string points)
    {
        var heights = points.Split(' ').Select(point => double.Parse(point.Split(',')[1], System.Globalization.CultureInfo.InvariantCulture)).ToList();
        return heights.Zip(heights.Skip(1)).Sum(pair => Math.Abs(pair.First - pair.Second));
    }
}
