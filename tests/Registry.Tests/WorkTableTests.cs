using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Testing;
using static Temper.Registry.Tests.Actors;

namespace Temper.Registry.Tests;

/// <summary>The work table over HTTP, on each database, with two registry processes where it matters.</summary>
public sealed class WorkTableTests
{
    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task Of_many_workers_racing_for_a_row_over_two_registries_exactly_one_gets_it(string database)
    {
        using var folder = new TempFolder();
        var options = await RegistryHost.OptionsAsync(database, folder);
        await using var one = await RegistryHost.StartAsync(options);
        await using var two = await RegistryHost.StartAsync(options);
        for (var round = 0; round < 3; round++)
        {
            await one.UploadDatasetAsync("chats", $"{{\"round\":{round}}}");
            var claims = await Task.WhenAll(Enumerable.Range(0, 12).Select(n => (n % 2 == 0 ? one : two).ClaimAsync(WorkKind.Ingest)));
            var claim = Assert.Single(claims, c => c is not null)!;
            Assert.Equal((1L, 1), (claim.Fence, claim.Attempt));
        }
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_row_whose_lease_ran_out_goes_to_the_next_worker_and_the_first_is_refused_everything(string database)
    {
        using var folder = new TempFolder();
        await using var host = await RegistryHost.StartAsync(await RegistryHost.OptionsAsync(database, folder));
        await host.UploadDatasetAsync("chats", "{}");
        var zombie = (await host.ClaimAsync(WorkKind.Ingest, lease: 1))!;
        var result = await host.SealAsync(zombie, "00aa");
        var next = (await host.ClaimAsync(WorkKind.Ingest, wait: 10))!;
        Assert.Equal((zombie.Id, 2L, 2), (next.Id, next.Fence, next.Attempt));
        await Say.RefusedAsync("lease_lost", () => host.Client.Work.HeartbeatAsync(zombie.Id, new(zombie.Fence, 0.5, "seal"), None));
        await Say.RefusedAsync("lease_lost", () => host.Client.Work.ReportAsync(zombie.Id, new(zombie.Fence, 1, 2, [], []), None));
        await Say.RefusedAsync("lease_lost", () => host.FinishAsync(zombie, result));
        Assert.Empty((await host.Client.Datasets.VersionsAsync(ResourceName.Parse("chats"), null, None))!.Items);
        Assert.Equal(1, (await host.FinishAsync(next, result)).Version);
        var told = await host.Get<Events.EventFeed>().ReadAsync(0, zombie.Id.ToString(), 100, None);
        Assert.Contains(told, e => e.Data.TryGetProperty("reason", out var reason) && reason.GetString() == "lease_expired");
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_registry_that_starts_puts_back_what_its_own_workers_held_and_nobody_elses(string database)
    {
        using var folder = new TempFolder();
        var options = await RegistryHost.OptionsAsync(database, folder) with { OwnWorkers = "embedded/" };
        WorkClaim own, other;
        await using (var host = await RegistryHost.StartAsync(options))
        {
            await host.UploadDatasetAsync("chats", "{}");
            await host.UploadDatasetAsync("more", "{}");
            own = (await host.Client.Work.ClaimAsync(new("embedded/box/7/ingest", [WorkKind.Ingest], 600, 0), None))!;
            other = (await host.Client.Work.ClaimAsync(new("box/8/ingest", [WorkKind.Ingest], 600, 0), None))!;
        }
        await using var next = await RegistryHost.StartAsync(options);
        var again = (await next.ClaimAsync(WorkKind.Ingest))!;
        Assert.Equal((own.Id, 2L), (again.Id, again.Fence));
        Assert.Null(await next.ClaimAsync(WorkKind.Ingest));
        await Say.RefusedAsync("lease_lost", () => next.Client.Work.HeartbeatAsync(own.Id, new(own.Fence, 0.5, "seal"), None));
        Assert.False((await next.Client.Work.HeartbeatAsync(other.Id, new(other.Fence, 0.5, "seal"), None)).CancelRequested);
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task Finishing_twice_gives_one_answer_and_another_result_is_refused(string database)
    {
        using var folder = new TempFolder();
        await using var host = await RegistryHost.StartAsync(await RegistryHost.OptionsAsync(database, folder));
        await host.UploadDatasetAsync("chats", "{}");
        var claim = (await host.ClaimAsync(WorkKind.Ingest))!;
        var result = await host.SealAsync(claim, "00aa");
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => host.FinishAsync(claim, result)));
        Assert.Single(answers.Append(await host.FinishAsync(claim, result)).Distinct());
        await Say.RefusedAsync("job_ended", () => host.FinishAsync(claim, result with { VersionKey = "00bb" }));
        Assert.Single((await host.Client.Datasets.VersionsAsync(ResourceName.Parse("chats"), null, None))!.Items);
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_queued_row_is_cancelled_at_once_and_a_running_one_is_told(string database)
    {
        using var folder = new TempFolder();
        await using var host = await RegistryHost.StartAsync(await RegistryHost.OptionsAsync(database, folder));
        var queued = (await host.UploadDatasetAsync("chats", "{}")).Work!.Value;
        Assert.Equal(WorkState.Cancelled, (await host.Client.Jobs.CancelAsync(queued, None)).State);
        Assert.Null(await host.ClaimAsync(WorkKind.Ingest));
        await Say.RefusedAsync("job_ended", () => host.Client.Jobs.CancelAsync(queued, None));

        await host.UploadDatasetAsync("chats", "[]");
        var claim = (await host.ClaimAsync(WorkKind.Ingest))!;
        Assert.False((await host.Client.Work.HeartbeatAsync(claim.Id, new(claim.Fence, 0.1, "validate"), None)).CancelRequested);
        Assert.True((await host.Client.Jobs.CancelAsync(claim.Id, None)).CancelRequested);
        Assert.True((await host.Client.Work.HeartbeatAsync(claim.Id, new(claim.Fence, 0.2, "validate"), None)).CancelRequested);
        await host.Client.Work.FinishAsync(claim.Id, new(claim.Fence, WorkState.Cancelled, null, null), None);
        Assert.Equal(WorkState.Cancelled, (await host.Client.Jobs.FindAsync(claim.Id, None))!.State);
    }

    [Fact]
    public async Task A_resumed_job_is_as_far_as_its_steps_say()
    {
        await using var host = await (await RegistryHost.StartAsync()).WithInputsAsync();
        var id = (await host.StartJobAsync()).Id;
        var claim = (await host.ClaimAsync(WorkKind.Train))!;
        await host.Client.Work.HeartbeatAsync(id, new(claim.Fence, 0.01, "check"), None);
        Assert.Equal(0.01, (await host.Client.Jobs.FindAsync(id, None))!.Progress);
        await host.Client.Work.ReportAsync(id, new(claim.Fence, 46, 245, [], []), None);
        Assert.Equal(0.02 + (0.96 * 46 / 245), (await host.Client.Jobs.FindAsync(id, None))!.Progress);
        Assert.Equal(0.02 + (0.96 * 46 / 245), Assert.Single((await host.Client.Jobs.ListAsync(WorkKind.Train, null, None)).Items).Progress);
        await host.Client.Work.ReportAsync(id, new(claim.Fence, 245, 245, [], []), None);
        Assert.Equal(0.98, (await host.Client.Jobs.FindAsync(id, None))!.Progress, 9);
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task Reports_are_kept_once_however_often_they_are_sent(string database)
    {
        using var folder = new TempFolder();
        await using var host = await RegistryHost.StartAsync(await RegistryHost.OptionsAsync(database, folder));
        await host.UploadDatasetAsync("chats", "{}");
        var claim = (await host.ClaimAsync(WorkKind.Ingest))!;
        var points = Enumerable.Range(1, 300).Select(step => new StepMetrics(step, new() { ["loss"] = 1.0 / step, ["learning_rate"] = 0.001 })).ToList();
        var report = new WorkReport(claim.Fence, 300, 400, points, [new("info", "began"), new("warn", "slow")]);
        for (var sent = 0; sent < 2; sent++)
            await host.Client.Work.ReportAsync(claim.Id, report, None);
        await host.Client.Work.ReportAsync(claim.Id, report with { Step = 301, Messages = [new("info", "goes on")] }, None);
        var metrics = await host.Client.Jobs.MetricsAsync(claim.Id, 10, None);
        Assert.Equal(290, metrics.Items.Count);
        Assert.Equal((11, 1.0 / 11), (metrics.Items[0].Step, metrics.Items[0].Values["loss"]));
        Assert.Equal([(1L, "began"), (2L, "slow"), (3L, "goes on")], (await host.Client.Jobs.LogAsync(claim.Id, 0, None)).Items.Select(line => (line.Seq, line.Text)));
        var job = (await host.Client.Jobs.FindAsync(claim.Id, None))!;
        Assert.Equal((301, 400, WorkState.Running), (job.Step, job.TotalSteps, job.State));
    }

    [Fact]
    public async Task A_row_handed_back_is_claimed_again_and_one_tried_too_often_is_given_up()
    {
        await using var host = await RegistryHost.StartAsync();
        var id = (await host.UploadDatasetAsync("chats", "{}")).Work!.Value;
        var claim = (await host.ClaimAsync(WorkKind.Ingest))!;
        Assert.Equal(WorkState.Queued, (await host.Client.Work.FinishAsync(id, new(claim.Fence, WorkState.Queued, null, null), None)).State);
        var db = host.Get<Storage.Sql.Db>();
        var attempt = (await host.ClaimAsync(WorkKind.Ingest))!.Attempt;
        Assert.Equal(2, attempt);
        await db.ExecuteAsync("update work set attempt = 21, lease_until_ms = 1", null, None);
        Assert.Null(await host.ClaimAsync(WorkKind.Ingest, wait: 1));
        var job = (await host.Client.Jobs.FindAsync(id, None))!;
        Assert.Equal((WorkState.Failed, "attempts_exhausted"), (job.State, Assert.Single(job.Errors).Code));
    }

    [Fact]
    public async Task The_doorbell_wakes_a_waiting_worker_through_either_registry()
    {
        using var folder = new TempFolder();
        var options = RegistryHost.OnFiles(folder);
        await using var one = await RegistryHost.StartAsync(options);
        await using var two = await RegistryHost.StartAsync(options);
        var bells = new[] { new RegistryDoorbell(one.Client), new RegistryDoorbell(two.Client) };
        Assert.Null(await bells[0].WaitAsync([WorkKind.Train], TimeSpan.FromSeconds(1), None));
        var waiting = bells.Select(bell => bell.WaitAsync([WorkKind.Ingest, WorkKind.Train], TimeSpan.FromSeconds(60), None)).ToArray();
        var id = (await one.UploadDatasetAsync("chats", "{}")).Work!.Value;
        foreach (var ring in await Task.WhenAll(waiting).WaitAsync(TimeSpan.FromSeconds(60)))
            Assert.Equal(new WorkRing(id, WorkKind.Ingest, 0), ring);
        await bells[0].RingAsync(new(id, WorkKind.Ingest, 0), None);
        await bells[0].SettleAsync(new(id, WorkKind.Ingest, 0), None);
    }

    [Fact]
    public async Task Of_two_numbers_for_one_step_in_one_report_the_later_one_counts()
    {
        await using var host = await (await RegistryHost.StartAsync()).WithInputsAsync();
        await host.StartJobAsync();
        var claim = (await host.ClaimAsync(WorkKind.Train))!;
        // A run that went back from step 3 to step 1 and made step 2 again.
        StepMetrics[] points = [.. new[] { (1, 5.0), (2, 4.0), (3, 9.0), (2, 3.5) }.Select(p => new StepMetrics(p.Item1, new() { ["loss"] = p.Item2 }))];
        await host.Client.Work.ReportAsync(claim.Id, new(claim.Fence, 2, 10, points, []), None);
        Assert.Equal([5.0, 3.5, 9.0], (await host.Client.Jobs.MetricsAsync(claim.Id, 0, None)).Items.Select(point => point.Values["loss"]));
    }
}
