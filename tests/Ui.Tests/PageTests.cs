using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Temper.Ui.Tests;

/// <summary>What each page shows, and that everyone can use it.</summary>
[Trait("Needs", "chromium")]
[Collection("dashboard")]
public sealed partial class PageTests(Browser browser, TrainedWorld world)
{
    public static TheoryData<string> Pages => ["jobs", "compare", "sweeps", "sweeps/rates", "jobs/SPIKY", "compare?jobs=SPIKY", "datasets", "datasets/chats", "datasets/chats/1", "models", "models/bot", "models/base", "chat", "nowhere"];

    [Fact]
    public async Task The_dataset_page_shows_a_ledger_that_adds_up_and_where_each_bad_record_stands()
    {
        await using var visit = await browser.OpenAsync(world.Address, "datasets");
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "chats" }).ClickAsync();
        await visit.Page.Locator("a[href='/datasets/chats/1']").First.ClickAsync();
        var numbers = Digits().Matches(await visit.Page.GetByLabel("Ledger").InnerTextAsync()).Select(m => int.Parse(m.Value, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal([33, 30, 2, 1, 0], numbers);
        Assert.Equal(numbers[0], numbers[1..].Sum());
        var rows = visit.Page.Locator("table.aside").GetByRole(AriaRole.Row).Filter(new() { HasText = "chats.jsonl" });
        await Expect(rows).ToHaveCountAsync(3);
        await Expect(rows.Filter(new() { HasText = "not json" })).ToContainTextAsync(new Regex("32.*quarantined.*REC_INVALID_JSON", RegexOptions.Singleline));
        visit.AssertClean();
    }

    [Fact]
    public async Task The_dataset_page_says_why_records_were_set_aside_and_what_the_others_are_like()
    {
        await using var visit = await browser.OpenAsync(world.Address, "datasets/chats/1");
        var reason = visit.Page.Locator("details").Filter(new() { HasText = "REC_INVALID_JSON" });
        await Expect(reason).ToContainTextAsync("chats.jsonl:32");
        await reason.Locator("summary").FocusAsync();
        await Expect(reason.GetByText("chats.jsonl:32")).ToBeVisibleAsync();
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(reason.GetByText("chats.jsonl:32")).ToBeHiddenAsync();
        var lengths = visit.Page.GetByRole(AriaRole.Table, new() { Name = "Length in characters" });
        // What is sound is counted, the copy with it.
        Assert.Equal(31, (await lengths.Locator("td.n").AllInnerTextsAsync()).Sum(text => int.Parse(text, NumberStyles.AllowThousands, CultureInfo.InvariantCulture)));
        var widest = await lengths.Locator(".bar span").EvaluateAllAsync<double>("bars => Math.max(...bars.map(b => b.getBoundingClientRect().width))");
        Assert.True(widest > 20, "the bars are drawn");
        visit.AssertClean();
    }

    [Fact]
    public async Task The_model_page_leads_back_to_dataset_base_recipe_and_job()
    {
        await using var visit = await browser.OpenAsync(world.Address, "models/bot");
        var lineage = visit.Page.GetByRole(AriaRole.List, new() { Name = "Lineage" });
        await Expect(lineage).ToContainTextAsync(new Regex("dataset chats:1 [0-9a-f]{8,}.*base base:1 [0-9a-f]{8,}.*recipe [0-9a-f]{8,}.*job .*code .*numerics cpu", RegexOptions.Singleline));
        await lineage.GetByRole(AriaRole.Link, new() { Name = "chats:1" }).ClickAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("chats:1");
        await visit.Page.GoBackAsync();
        await lineage.GetByRole(AriaRole.Link).Last.ClickAsync();
        await Expect(visit.Page.Locator("polyline.loss")).ToHaveAttributeAsync("points", new Regex("^([0-9.]+,[0-9.]+ ?){24}$"));
        var heights = (await visit.Page.Locator("polyline.loss").GetAttributeAsync("points"))!.Split(' ').Select(p => double.Parse(p.Split(',')[1], CultureInfo.InvariantCulture)).ToList();
        Assert.True(heights.Max() - heights.Min() > 100 && heights.Min() >= 0, "the curve uses its picture");
        visit.AssertClean();
    }

    [Fact]
    public async Task The_chat_page_answers_with_the_model_that_was_chosen()
    {
        await using var visit = await browser.OpenAsync(world.Address, "models");
        await visit.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = "base" }).GetByRole(AriaRole.Link, new() { Name = "Chat" }).ClickAsync();
        await Expect(visit.Page.GetByLabel("Model")).ToHaveValueAsync("base");
        await Expect(visit.Page.GetByLabel("Message")).ToBeFocusedAsync();
        await visit.Page.Keyboard.TypeAsync("what is number 1");
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(visit.Page.GetByLabel("Conversation").GetByRole(AriaRole.Listitem)).ToHaveCountAsync(2);
        // What an untrained model says may be blanks alone, but it says as much as fits.
        await visit.Page.WaitForFunctionAsync("() => document.querySelector('.chat .assistant').textContent.length > 20");
        await Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Send" })).ToBeEnabledAsync(new() { Timeout = 30_000 });
        await Expect(visit.Page.Locator(".chat .failed")).ToHaveCountAsync(0);
        visit.AssertClean();
    }

    [Theory, MemberData(nameof(Pages))]
    public async Task A_page_is_titled_fits_a_telephone_and_is_walked_with_the_keyboard_alone(string path)
    {
        await using var visit = await browser.OpenAsync(world.Address, path.Replace("SPIKY", world.Spiky.Id.ToString(), StringComparison.Ordinal), width: 390);
        await Expect(visit.Page).ToHaveTitleAsync(new Regex("Temper$"));
        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveCountAsync(1);
        await Expect(visit.Page.GetByRole(AriaRole.Navigation)).ToHaveCountAsync(1);
        Assert.True(await visit.Page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= innerWidth"), "the page is wider than the screen");
        Assert.Empty(await visit.Page.EvaluateAsync<string[]>("() => [...document.querySelectorAll('input:not([type=hidden]), select, textarea, progress')].filter(e => !e.labels?.length && !e.ariaLabel).map(e => e.outerHTML)"));
        await WalkAsync(visit.Page);
        Assert.DoesNotContain(visit.Faults, fault => !fault.Contains("404", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_long_excerpt_leaves_room_for_what_is_wrong_and_rejected_data_is_called_so()
    {
        using var folder = new Temper.Testing.TempFolder();
        File.WriteAllText(folder.Of("long.jsonl"), string.Concat(Enumerable.Range(0, 5).Select(i => $"not json at all {i} {new string('x', 3000)}\n")));
        var (exit, _, _) = await Temper.Hosts.Tests.TemperProcess.RunAsync(["upload", folder.Of("long.jsonl"), "--dataset", "wide", "--wait", "--server", world.Address.AbsoluteUri]);
        Assert.Equal(2, exit);
        await using var visit = await browser.OpenAsync(world.Address, "datasets/wide/1", width: 1280);
        Assert.True(await visit.Page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= innerWidth && document.querySelector('table.aside').scrollWidth <= document.querySelector('main').clientWidth"), "the table is wider than the page");
        Assert.True(await visit.Page.EvaluateAsync<double>("() => document.querySelector('td.why').getBoundingClientRect().width") > 200, "what is wrong is squeezed");
        await visit.Page.GotoAsync("datasets");
        await Expect(visit.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = "wide" })).ToContainTextAsync("rejected");
        await visit.Page.GotoAsync("jobs");
        await Expect(visit.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = "wide" }).Locator(".state")).ToHaveTextAsync("rejected");
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "wide", Exact = true }).ClickAsync();
        await Expect(visit.Page.GetByText("The data was rejected")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Without_scripts_every_page_but_chat_says_the_same()
    {
        await using var visit = await browser.OpenAsync(world.Address, "jobs", script: false);
        await Expect(visit.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = "chats" }).Or(visit.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = "bot" }))).ToHaveCountAsync(2);
        await visit.Page.GotoAsync("datasets/chats/1");
        await Expect(visit.Page.GetByLabel("Ledger")).ToContainTextAsync("closes");
        await visit.Page.GotoAsync("chat");
        await Expect(visit.Page.GetByText("needs JavaScript")).ToBeVisibleAsync();
    }

    /// <summary>Tab reaches every link and control, in the order of the page, and each shows where the focus is.</summary>
    private static async Task WalkAsync(IPage page)
    {
        await page.EvaluateAsync("() => { }");
        var expected = await page.EvaluateAsync<int>("() => { const all = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')].filter(e => e.checkVisibility()); all.forEach((e, i) => e.dataset.walk = i); return all.length; }");
        await page.Locator("[data-walk='0']").FocusAsync();
        for (var i = 1; i < expected; i++)
        {
            do
                await page.Keyboard.PressAsync("Tab");
            while (await page.EvaluateAsync<bool>("() => document.activeElement.matches('table, pre, .scroll, .plot')")); // these take the arrow keys
            Assert.Equal($"{i}", await page.EvaluateAsync<string>("() => document.activeElement.dataset.walk ?? document.activeElement.outerHTML"));
            Assert.True(await page.EvaluateAsync<bool>("() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0; }"), "nothing shows the focus");
        }
    }

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Digits();
}
