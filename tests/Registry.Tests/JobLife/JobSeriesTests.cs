using System.Net.Http.Json;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Registry.Jobs;
using Temper.Testing;
using static Temper.Registry.Tests.Actors;

namespace Temper.Registry.Tests.JobLife;

/// <summary>Curves of jobs, short and long.</summary>
public sealed class JobSeriesTests
{
    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_long_job_is_drawn_with_few_points_and_the_one_step_that_stands_out_is_among_them(string database)
    {
        const int Steps = 12_000, Odd = 7_777;
        using var folder = new TempFolder();
        await using var host = await (await RegistryHost.StartAsync(await RegistryHost.OptionsAsync(database, folder))).WithInputsAsync();
        var id = (await host.StartJobAsync()).Id;
        var claim = (await host.ClaimAsync(WorkKind.Train))!;
        foreach (var steps in Enumerable.Range(1, Steps).Chunk(2000))
            await TellAsync(host, claim, Steps, [.. steps.Select(step => new StepMetrics(step, step % 1000 == 0 ? new() { ["loss"] = Loss(step), ["eval_loss"] = step } : new() { ["loss"] = Loss(step) }))]);

        var curves = await CurvesAsync(host, id);
        var loss = curves.Series["loss"];
        Assert.InRange(loss.Count, 600, 1300);
        Assert.Contains(loss, point => point is [Odd, 100.0]);
        Assert.All(loss, point => Assert.Equal(Loss((int)point[0]), point[1]));
        Assert.Equal(loss.Select(point => point[0]).Order(), loss.Select(point => point[0]));
        Assert.Equal(Enumerable.Range(1, 12).Select(n => n * 1000.0), curves.Series["eval_loss"].Select(point => point[0]));

        // One measure alone is what it is among all of them.
        var series = host.Get<JobSeries>();
        foreach (var (key, pieces) in await series.ReadAsync(id, None))
            Assert.Equal(pieces, await series.ReadAsync(id, key, None));
        Assert.Empty(await series.ReadAsync(id, "nothing", None));

        // A run that goes back makes steps again: what they are now is what counts, in the middle of a bucket, too.
        await TellAsync(host, claim, Steps, [new(Odd, new() { ["loss"] = 0.5 })]);
        Assert.DoesNotContain((await CurvesAsync(host, id)).Series["loss"], point => point[1] == 100);

        static double Loss(int step) => step == Odd ? 100 : 1 + step % 7 / 10.0;
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task Marks_and_numbers_of_a_short_job_come_as_they_were_told_and_the_stream_goes_on_behind_them(string database)
    {
        using var folder = new TempFolder();
        await using var host = await (await RegistryHost.StartAsync(await RegistryHost.OptionsAsync(database, folder))).WithInputsAsync();
        var id = (await host.StartJobAsync()).Id;
        var claim = (await host.ClaimAsync(WorkKind.Train))!;
        var record = new MarkedRecord(Digest.OfText("odd"), "a <b>.jsonl", 7);
        await host.Client.Work.ReportAsync(id, new(claim.Fence, 2, 9, [new(1, new() { ["loss"] = 2 }), new(2, new() { ["loss"] = 9 })],
            [new("warn", "stands out") { Mark = new("spike", 2, 9, 7.5, Records: [record]) }, new("info", "safe") { Mark = new("checkpoint", 2) }, new("info", "plain")]), None);
        var curves = await CurvesAsync(host, id);
        Assert.Equal([[1, 2], [2, 9]], curves.Series["loss"]);
        var spike = Assert.Single(curves.Marks);
        Assert.Equal(("spike", 2, 9.0, 7.5, record), (spike.Kind, spike.Step, spike.Value, spike.Score, Assert.Single(spike.Records!)));
        Assert.Equal(["spike", "checkpoint", null], (await host.Client.Jobs.LogAsync(id, 0, None)).Items.TakeLast(3).Select(line => line.Mark?.Kind));

        await TellAsync(host, claim, 9, [new(3, new() { ["loss"] = 3 })]);
        Assert.Equal(3, Assert.Single(await host.Get<Events.EventFeed>().ReadAsync(curves.Seq, id.ToString(), 10, None)).Data.GetProperty("points")[0].GetInt32());
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_spike_stands_on_the_curve_however_many_checkpoints_came_after_it(string database)
    {
        using var folder = new TempFolder();
        await using var host = await (await RegistryHost.StartAsync(await RegistryHost.OptionsAsync(database, folder))).WithInputsAsync();
        var id = (await host.StartJobAsync()).Id;
        var claim = (await host.ClaimAsync(WorkKind.Train))!;
        await SayAsync(host, claim, [new("warn", "stands out") { Mark = new("spike", 2, 9, 7.5) }]);
        foreach (var steps in Enumerable.Range(3, JobRoutes.MostMarks).Chunk(200))
            await SayAsync(host, claim, [.. steps.Select(step => new WorkMessage("info", "safe") { Mark = new("checkpoint", step) })]);
        Assert.Equal(("spike", 2), Assert.Single((await CurvesAsync(host, id)).Marks) is var mark ? (mark.Kind, mark.Step) : default);
    }

    private static Task<HeartbeatReply> SayAsync(RegistryHost host, WorkClaim claim, IReadOnlyList<WorkMessage> lines) =>
        host.Client.Work.ReportAsync(claim.Id, new(claim.Fence, 2, 9, [], lines), None);

    private static Task<HeartbeatReply> TellAsync(RegistryHost host, WorkClaim claim, int total, IReadOnlyList<StepMetrics> points) =>
        host.Client.Work.ReportAsync(claim.Id, new(claim.Fence, points[^1].Step, total, points, []), None);

    private static async Task<JobCurves> CurvesAsync(RegistryHost host, WorkId id) =>
        (await host.Client.Http.GetFromJsonAsync<JobCurves>($"api/v1/jobs/{id}/series", Wire.Json))!;
}
