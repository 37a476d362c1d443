using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Testing;

namespace Temper.Registry.Tests.JobLife;

/// <summary>The life of a job: every happening in every state, alone and in long random rows, each told twice.</summary>
public sealed class JobLifeTests
{
    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task Every_happening_in_every_state_leads_where_the_specification_says(string database)
    {
        using var folder = new TempFolder();
        await using var host = await (await RegistryHost.StartAsync(await RegistryHost.OptionsAsync(database, folder))).WithInputsAsync();
        var stand = new JobStand(host);
        var wrong = new List<string>();
        foreach (var state in JobStand.States)
            foreach (var happening in JobStand.Happenings)
            {
                var (id, claim) = await stand.BringToAsync(state);
                Assert.Equal(state, (await stand.FindAsync(id)).Standing);
                // Whoever ended a row and says the same again is answered as before; what is told here is another word of the same worker.
                if (IsSameWord(state, happening))
                    continue;
                var (refused, _) = await stand.DoAsync(happening, id, claim);
                var found = refused ?? (await stand.FindAsync(id)).Standing;
                var expected = JobStand.After(state, happening);
                if (claim is not null && state is "completed" or "failed" or "cancelled" && expected == "lease_lost" && happening is "complete" or "fail" or "end_cancelled" or "hand_back" or "end_paused")
                    expected = "job_ended";
                if (found != expected || (refused is not null && (await stand.FindAsync(id)).Standing != state))
                    wrong.Add($"{state} + {happening}: expected {expected}, found {found}");
            }
        Assert.Empty(wrong);
    }

    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public async Task Long_random_lives_keep_to_the_model_and_end_once(int seed)
    {
        await using var host = await (await RegistryHost.StartAsync()).WithInputsAsync();
        var (stand, state) = (new JobStand(host), (ulong)seed);
        for (var life = 0; life < 8; life++)
        {
            var (id, claim) = await stand.BringToAsync("queued");
            var (before, said) = (await stand.FindAsync(id), (Fence: 0L, Word: ""));
            for (var n = 0; n < 20; n++)
            {
                state = (state * 6364136223846793005UL) + 1442695040888963407UL;
                // Ends are rarer than wishes, so that lives are long.
                var happening = JobStand.Happenings[(int)((state >> 33) % (ulong)JobStand.Happenings.Length)];
                if (happening is "complete" or "fail" or "end_cancelled" && (state >> 60) != 0)
                    continue;
                var expected = JobStand.After(before.Standing, happening);
                // The same word twice under one fence is a repeated delivery: it is answered as the first, and changes nothing.
                if (said == (claim?.Fence ?? 0, happening))
                    expected = before.Standing;
                var (refused, next) = await stand.DoAsync(happening, id, claim);
                if (refused is null && happening is "complete" or "fail" or "end_cancelled" or "hand_back" or "end_paused")
                    said = (claim!.Fence, happening);
                claim = next ?? claim;
                var now = await stand.FindAsync(id);
                if (before.Ended)
                    Assert.Equal(before.State, now.State);
                else
                    Assert.Equal(expected, refused ?? now.Standing);
                Assert.True(now.Progress >= before.Progress && (now.Progress < 1 || now.State == WorkState.Completed), $"progress {before.Progress} → {now.Progress}");
                Assert.Equal(now.State == WorkState.Failed, now.Errors.Count > 0);
                before = now;
            }
        }
    }

    [Fact]
    public async Task A_pause_outlives_the_worker_that_was_asked_and_the_job_goes_on_when_it_is_resumed()
    {
        await using var host = await (await RegistryHost.StartAsync()).WithInputsAsync();
        var stand = new JobStand(host);
        var (id, claim) = await stand.BringToAsync("pausing");
        Assert.True((await host.Client.Work.HeartbeatAsync(id, new(claim!.Fence, 0.5, "train"), default)).PauseRequested);
        await stand.DoAsync("expire", id, claim);
        var paused = await stand.FindAsync(id);
        Assert.Equal((WorkState.Paused, "lease_expired"), (paused.State, Assert.Single(paused.Tries).Code));
        Assert.Null(await host.ClaimAsync(WorkKind.Train));
        await host.Client.Jobs.ResumeAsync(id, default);
        var again = (await host.ClaimAsync(WorkKind.Train))!;
        Assert.Equal((id, 2L), (again.Id, again.Fence));
        Assert.False((await host.Client.Work.HeartbeatAsync(id, new(again.Fence, 0.5, "train"), default)).PauseRequested);
    }

    [Fact]
    public async Task A_failure_without_a_reason_gets_one_and_earlier_attempts_stay_visible()
    {
        await using var host = await (await RegistryHost.StartAsync()).WithInputsAsync();
        var id = (await host.StartJobAsync()).Id;
        var first = (await host.ClaimAsync(WorkKind.Train))!;
        await host.Client.Work.FinishAsync(id, new(first.Fence, WorkState.Queued, null, [new("disk_full", "The disk is full.")]), default);
        var second = (await host.ClaimAsync(WorkKind.Train))!;
        await host.Client.Work.FinishAsync(id, new(second.Fence, WorkState.Failed, null, null), default);
        var job = (await host.Client.Jobs.FindAsync(id, default))!;
        Assert.Equal("no_reason", Assert.Single(job.Errors).Code);
        Assert.Equal([(1, "disk_full"), (2, "no_reason")], job.Tries.Select(t => (t.Attempt, t.Code)));
        var lines = (await host.Client.Jobs.LogAsync(id, 0, default)).Items;
        Assert.Contains(lines, line => line.Text.Contains("disk_full", StringComparison.Ordinal));
        var retry = await host.Client.Jobs.RetryAsync(id, default);
        Assert.Equal((WorkState.Queued, job.Payload.GetRawText()), (retry.State, retry.Payload.GetRawText()));
        var early = await Say.RefusedAsync("job_not_ended", () => host.Client.Jobs.RetryAsync(retry.Id, default));
        Assert.Contains("Wait for its end", early.Problems[0].Hint);
        var third = (await host.ClaimAsync(WorkKind.Train))!;
        await host.FinishAsync(third, await host.TrainAsync(third));
        var late = await Say.RefusedAsync("job_not_ended", () => host.Client.Jobs.RetryAsync(retry.Id, default));
        Assert.Equal("Start another with `temper train`.", late.Problems[0].Hint);
    }

    [Fact]
    public async Task The_end_is_estimated_from_the_time_that_steps_took_of_late()
    {
        await using var host = await (await RegistryHost.StartAsync()).WithInputsAsync();
        var id = (await host.StartJobAsync()).Id;
        var claim = (await host.ClaimAsync(WorkKind.Train))!;
        await host.Client.Work.ReportAsync(id, new(claim.Fence, 10, 1010, [], []), default);
        Assert.Null((await host.Client.Jobs.FindAsync(id, default))!.EstimatedFinishMs);
        await Task.Delay(200);
        await host.Client.Work.ReportAsync(id, new(claim.Fence, 20, 1010, [], []), default);
        var job = (await host.Client.Jobs.FindAsync(id, default))!;
        // 990 steps at 20 ms and more each.
        Assert.InRange(job.EstimatedFinishMs!.Value - job.HeartbeatMs!.Value, 19_000, 3_600_000);
    }

    private static bool IsSameWord(string state, string happening) =>
        (state, happening) is ("completed", "complete") or ("failed", "fail") or ("cancelled", "end_cancelled");
}
