using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Temper.Ui.Tests;

/// <summary>The page of a job that has ended.</summary>
[Trait("Needs", "chromium")]
[Collection("dashboard")]
public sealed class JobPageTests(Browser browser, TrainedWorld world)
{
    [Fact]
    public async Task A_spike_is_marked_on_the_curve_with_its_value_and_the_record_to_blame()
    {
        await using var visit = await browser.OpenAsync(world.Address, $"jobs/{world.Spiky.Id}");
        var spike = visit.Page.Locator(".wide .mark.spike").First;
        var words = await spike.GetAttributeAsync("aria-label");
        Assert.Matches($@"Spike at step \d+: loss \d+(\.\d+)?, \d+\.\d deviations above the last ones; records: [0-9a-f]+ \(odd\.jsonl:{TrainedWorld.OddLine}\)", words!);
        await Expect(visit.Page.Locator(".wide .plot")).ToHaveAttributeAsync("tabindex", "0");
        await spike.FocusAsync();
        await Expect(visit.Page.Locator(".wide .readout")).ToHaveTextAsync(words!);
        await Expect(visit.Page.Locator(".wide .mark.rollback").First).ToHaveAttributeAsync("title", new Regex(@"Step \d+ was not made: back to the checkpoint of step (60|120|180|240)"));
        var (left, mark) = (await visit.Page.Locator(".wide .plot").BoundingBoxAsync(), await spike.BoundingBoxAsync());
        var step = int.Parse(Regex.Match(words!, @"\d+").Value, System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(mark!.X + mark.Width / 2, left!.X + left.Width * step / world.Spiky.TotalSteps - 4, left.X + left.Width * step / world.Spiky.TotalSteps + 4);
        await Expect(visit.Page.Locator(".stood-out li.spike").First).ToContainTextAsync($"odd.jsonl:{TrainedWorld.OddLine}");
        visit.AssertClean();
    }

    [Fact]
    public async Task Every_measure_has_its_chart_which_is_read_with_the_keyboard_and_as_a_table()
    {
        await using var visit = await browser.OpenAsync(world.Address, $"jobs/{world.Spiky.Id}");
        foreach (var measure in (string[])["loss", "learning_rate", "grad_norm", "tokens_per_second", "token_accuracy"])
            await Expect(visit.Page.Locator($"polyline[data-series='{measure}']")).ToHaveAttributeAsync("points", new Regex($"^([0-9.]+,[0-9.]+ ?){{{world.Spiky.TotalSteps}}}$"));
        await Expect(visit.Page.Locator("[data-last=memory_bytes]")).ToHaveTextAsync(new Regex(@"^\d+\.\d+ (M|G)iB$"));
        await Expect(visit.Page.Locator("[data-dots=eval_loss]")).ToHaveAttributeAsync("d", new Regex($"^(M[0-9. ]+h0){{{world.Spiky.TotalSteps / 40 + 1}}}$"));

        var chart = visit.Page.Locator("[data-chart=loss]");
        await chart.Locator(".plot").FocusAsync();
        await visit.Page.Keyboard.PressAsync("End");
        await Expect(chart.Locator(".readout")).ToContainTextAsync($"step {world.Spiky.TotalSteps} · loss {await chart.Locator("[data-last=loss]").InnerTextAsync()}");
        await visit.Page.Keyboard.PressAsync("Home");
        await Expect(chart.Locator(".readout")).ToContainTextAsync(new Regex("^step 1 · loss [3-9]"));
        await Expect(chart.Locator("desc")).ToHaveTextAsync(new Regex($"loss: from .* at step 1 to .* at step {world.Spiky.TotalSteps}, least .*eval loss: from .* at step 40"));

        await chart.GetByText("As a table").ClickAsync();
        var last = chart.Locator("tbody tr").Last;
        await Expect(last.Locator("th")).ToHaveTextAsync($"{world.Spiky.TotalSteps}");
        await Expect(last.Locator("td").First).ToHaveTextAsync(await chart.Locator("[data-last=loss]").InnerTextAsync());
        visit.AssertClean();
    }

    [Fact]
    public async Task The_page_shows_what_the_model_read_as_it_is_and_never_runs_it()
    {
        await using var visit = await browser.OpenAsync(world.Address, $"jobs/{world.Spiky.Id}");
        await Expect(visit.Page.Locator("pre.seen")).ToHaveCountAsync(3);
        await Expect(visit.Page.Locator("pre.seen").First.Locator("mark")).ToContainTextAsync($"it is the box {TrainedWorld.Hostile}");
        await Expect(visit.Page.Locator("pre.seen").First).ToContainTextAsync(new Regex("<\\|im_start\\|>user\\s+what is number \\d+"));
        Assert.True(await visit.Page.EvaluateAsync<bool>("() => window.hacked === undefined && document.querySelectorAll('pre img').length === 0"));
        visit.AssertClean();
    }

    [Fact]
    public async Task The_page_says_what_was_asked_for_and_what_came_of_it()
    {
        await using var visit = await browser.OpenAsync(world.Address, script: false);
        Assert.Equal(200, (await visit.Page.GotoAsync($"jobs/{world.Bot.Id}"))!.Status);
        await Expect(visit.Page.Locator(".recipe dt:text-is('lora.r') + dd")).ToHaveTextAsync("4");
        await Expect(visit.Page.Locator("h2", new() { HasText = "Recipe" })).ToContainTextAsync(new Regex("Recipe [0-9a-f]{8,}"));
        await Expect(visit.Page.Locator("dt:text-is('Dataset') + dd")).ToContainTextAsync("chats:1");
        await Expect(visit.Page.Locator("dt:text-is('peft') + dd")).ToContainTextAsync("yes");
        await Expect(visit.Page.Locator(".files a", new() { HasText = "adapter_model.safetensors" })).ToHaveCountAsync(1);
        await Expect(visit.Page.Locator(".log li.info", new() { HasText = "Checkpoint of step" }).First).ToBeVisibleAsync();
        Assert.Matches("1 to .* [0-9]", await visit.Page.Locator("[data-chart=loss] desc").TextContentAsync() ?? "");
        await Expect(visit.Page.GetByRole(AriaRole.Button)).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_checkpoint_that_is_kept_can_be_talked_to_from_the_page()
    {
        await using var visit = await browser.OpenAsync(world.Address, $"jobs/{world.Bot.Id}");
        await visit.Page.Locator(".checkpoints li").First.GetByRole(AriaRole.Link, new() { Name = "Chat" }).ClickAsync();
        await Expect(visit.Page.GetByLabel("Model")).ToHaveValueAsync(new Regex($"^job:{world.Bot.Id}/step-\\d+$"));
        visit.AssertClean();
    }

    [Fact]
    public async Task A_job_that_nobody_knows_is_not_found()
    {
        await using var visit = await browser.OpenAsync(world.Address);
        Assert.Equal(404, (await visit.Page.GotoAsync("jobs/job-01m80kykhvaz6vbw1mspwvvz2q"))!.Status);
        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Not found");
    }
}
