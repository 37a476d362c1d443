using System.Text.RegularExpressions;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Registry.Ui;
using static Temper.Registry.Tests.Actors;

namespace Temper.Registry.Tests.Pages;

/// <summary>What pages say, as the server renders them.</summary>
public sealed partial class PageTests
{
    [Fact]
    public async Task The_page_of_a_job_has_every_mark_that_its_chart_is_drawn_with()
    {
        const int Spikes = 150;
        await using var host = await (await RegistryHost.StartAsync(pages: true)).WithInputsAsync();
        var id = (await host.StartJobAsync()).Id;
        var claim = (await host.ClaimAsync(WorkKind.Train))!;
        await host.Client.Work.ReportAsync(id, new(claim.Fence, Spikes, 500, [new(1, new() { ["loss"] = 2 })],
            [.. Enumerable.Range(1, Spikes).Select(step => new WorkMessage("warn", "stands out") { Mark = new("spike", step, 9, 7.5) })]), None);
        var steps = Step().Matches(await GetAsync(host, $"jobs/{id}?part=beside")).Select(found => int.Parse(found.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(Enumerable.Range(1, Spikes).Reverse(), steps);
    }

    [Fact]
    public async Task A_damaged_file_of_the_model_leaves_the_page_of_its_job_whole()
    {
        await using var host = await (await RegistryHost.StartAsync(pages: true)).WithInputsAsync();
        var id = (await host.StartJobAsync()).Id;
        var claim = (await host.ClaimAsync(WorkKind.Train))!;
        await host.FinishAsync(claim, await host.TrainAsync(claim, "adapter", ("compatibility.json", "{\"peft\": ")));
        var page = await GetAsync(host, $"jobs/{id}");
        Assert.Contains("bot:1", page, StringComparison.Ordinal);
        Assert.Contains("cannot be read", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Jobs_that_count_examples_are_drawn_over_examples_and_never_beside_tokens()
    {
        await using var host = await (await RegistryHost.StartAsync(pages: true)).WithInputsAsync();
        var (pictures, texts) = (await TellAsync(host, "examples"), await TellAsync(host, "supervised_tokens"));
        Assert.Contains(">loss by example<", await GetAsync(host, $"compare?jobs={pictures}&over=tokens"), StringComparison.Ordinal);
        var both = await GetAsync(host, $"compare?jobs={pictures},{texts}&over=tokens");
        Assert.Contains(">loss by token<", both, StringComparison.Ordinal);
        Assert.Contains($"bot {pictures.ToString()[^6..]} has no loss over tokens.", both, StringComparison.Ordinal);
    }

    [Fact]
    public void A_setting_that_was_written_in_two_ways_is_one_value()
    {
        SweepTrial[] trials = [Trial(0, "1"), Trial(1, "1.0")];
        Assert.Null(Scatter.Of("lora.r", trials, 0));
        Assert.Equal([0, 0, 1], Scatter.Of("lora.r", [.. trials, Trial(2, "2")], 0)!.Points.Select(point => point.Across));

        static SweepTrial Trial(int index, string value) => new(index, WorkId.Parse("job-01m80kykhvaz6vbw1mspwvvz2q"), TrialStatus.Completed,
            new() { ["lora.r"] = System.Text.Json.JsonElement.Parse(value) }, 0, 3, 3, index, null, null, null, null, null, null);
    }

    private static async Task<WorkId> TellAsync(RegistryHost host, string unit)
    {
        var id = (await host.StartJobAsync()).Id;
        var claim = (await host.Client.Work.ClaimAsync(new("tests", [WorkKind.Train], 600, 0, id), None))!;
        await host.Client.Work.ReportAsync(id, new(claim.Fence, 2, 9, [new(1, new() { ["loss"] = 2, [unit] = 8 }), new(2, new() { ["loss"] = 1, [unit] = 8 })], []), None);
        return id;
    }

    private static Task<string> GetAsync(RegistryHost host, string address) => host.Client.Http.GetStringAsync(new Uri(address, UriKind.Relative), None);

    [GeneratedRegex("<li class=\"spike\" data-step=\"([0-9]+)\"")]
    private static partial Regex Step();
}
