using System.Text.Json;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Registry.Sweeps;
using Temper.Storage.Sql;
using Temper.Testing;
using static Temper.Registry.Tests.Actors;

namespace Temper.Registry.Tests.Sweeps;

/// <summary>Sweeps from their request to their best, on both databases.</summary>
public sealed class SweepLifeTests
{
    private static readonly ResourceName Bot = ResourceName.Parse("bot"), Facts = ResourceName.Parse("facts");

    /// <summary>Trial 3 is best in the end, and second at the first rung.</summary>
    private static double Loss(int trial, int step) => trial == 3 ? 1.0 / step : new[] { 0.55, 0.45, 0.7, 0, 0.8 }[trial];

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task Halving_lets_the_best_go_on_and_stops_the_others_with_a_reason(string database)
    {
        using var folder = new TempFolder();
        await using var host = await (await RegistryHost.StartAsync(await RegistryHost.OptionsAsync(database, folder))).WithInputsAsync();
        var stand = new SweepStand(host, Loss);
        var made = await host.Client.Sweeps.CreateAsync(SweepStand.Request(5) with { Alias = "best" }, None);
        Assert.Equal((SweepStatus.Running, 5), (made.Status, made.Trials.Count));
        Assert.Equal([2, 4, 8, 12], made.Rungs);
        for (var trial = 0; trial < 5; trial++)
            Assert.Equal((trial, 2), await stand.WorkAsync());
        var decided = await stand.UntilAsync(sweep => sweep.Rung == 1);
        Assert.Equal([TrialStatus.Stopped, TrialStatus.Queued, TrialStatus.Stopped, TrialStatus.Queued, TrialStatus.Stopped], decided.Trials.Select(t => t.Status));
        Assert.Equal("eval_loss 0.55 is place 3 of 5 at step 2, and 2 went on", decided.Trials[0].Reason);
        Assert.Equal("stopped", (await host.Client.Jobs.FindAsync(decided.Trials[2].JobId, None))!.Standing);
        Assert.Equal([(1, 4), (3, 4)], [(await stand.WorkAsync())!.Value, (await stand.WorkAsync())!.Value]);
        await stand.UntilAsync(sweep => sweep.Rung == 3);
        Assert.Equal((3, null), await stand.WorkAsync());
        var ended = await stand.UntilAsync(sweep => sweep.Ended);
        Assert.Equal((SweepStatus.Completed, 3, "bot@best stands on version 1", 5), (ended.Status, ended.Best, ended.Note, ended.EndedCount));
        Assert.Equal([3, 2, 4, 1, 5], ended.Trials.Select(t => t.Rank));
        var best = ended.Trials[3];
        Assert.Equal((TrialStatus.Completed, 3, 12, Bot, 1), (best.Status, best.Rung, best.Steps, best.Model, best.Version));
        var version = await host.Client.Models.ResolveAsync("bot@best", None);
        Assert.Equal((made.Id, 3, "lr"), (version.Lineage!.Sweep!.Id, version.Lineage.Sweep.Trial, version.Lineage.Sweep.Name.ToString()));
        Assert.Null(await stand.WorkAsync());
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_sweep_asked_for_again_is_the_same_sweep_and_another_of_its_name_is_refused(string database)
    {
        using var folder = new TempFolder();
        await using var host = await (await RegistryHost.StartAsync(await RegistryHost.OptionsAsync(database, folder))).WithInputsAsync();
        var all = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => host.Client.Sweeps.CreateAsync(SweepStand.Request(3), None)));
        Assert.Single(all.Select(sweep => sweep.Id).Distinct());
        Assert.Equal(3, (await host.Client.Jobs.ListAsync(WorkKind.Train, null, None)).Items.Count);
        await Say.RefusedAsync("sweep_exists", () => host.Client.Sweeps.CreateAsync(SweepStand.Request(4), None));
        await Say.RefusedAsync("sweep_duplicate", () => host.Client.Sweeps.CreateAsync(SweepStand.Request(4, name: "twice") with { Trials = [SweepStand.Trial(1), SweepStand.Trial(1)] }, None));
        await Say.RefusedAsync("sweep_invalid", () => host.Client.Sweeps.CreateAsync(SweepStand.Request(4, name: "suite", metric: "facts:exact_match"), None));
        await Say.RefusedAsync("sweep_invalid", () => host.Client.Sweeps.CreateAsync(SweepStand.Request(4, name: "hole") with { Trials = [SweepStand.Trial(1), null!] }, None));
        await Say.RefusedAsync("not_found", () => host.Client.Sweeps.CreateAsync(SweepStand.Request(1, name: "absent") with { Trials = [SweepStand.Trial(1) with { Job = SweepStand.Trial(1).Job with { Base = "nobody" } }] }, None));
        Assert.Equal(["lr"], (await host.Client.Sweeps.ListAsync(null, None)).Items.Select(sweep => sweep.Name.ToString()));
        Assert.Null(await host.Client.Sweeps.FindAsync("absent", None));
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_trial_that_fails_stands_in_the_table_and_the_sweep_goes_on(string database)
    {
        using var folder = new TempFolder();
        await using var host = await (await RegistryHost.StartAsync(await RegistryHost.OptionsAsync(database, folder))).WithInputsAsync();
        var stand = new SweepStand(host, (trial, _) => 5 - trial);
        await host.Client.Sweeps.CreateAsync(SweepStand.Request(3, SweepMethod.Grid, metric: "final_loss"), None);
        await stand.WorkAsync();
        await stand.WorkAsync();
        await stand.WorkAsync("fail");
        var ended = await stand.UntilAsync(sweep => sweep.Ended);
        Assert.Equal((SweepStatus.Completed, 1), (ended.Status, ended.Best));
        Assert.Equal((TrialStatus.Failed, "loss_not_finite: The loss is not a number.", null), (ended.Trials[2].Status, ended.Trials[2].Reason, ended.Trials[2].Rank));
        Assert.Equal([(6.0, 2), (5.0, 1)], ended.Trials.Take(2).Select(t => (t.Metric!.Value, t.Rank!.Value)));

        await host.Client.Sweeps.CreateAsync(SweepStand.Request(1, SweepMethod.Grid, "alone", "eval_accuracy"), None);
        await stand.WorkAsync();
        var without = await stand.UntilAsync(sweep => sweep.Ended, "alone");
        Assert.Equal((SweepStatus.Failed, null, "no trial came to its end with a value of eval_accuracy"), (without.Status, without.Best, without.Note));
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_suite_decides_when_every_model_has_its_result_and_gates_hold_the_alias_back(string database)
    {
        using var folder = new TempFolder();
        await using var host = await (await RegistryHost.StartAsync(await RegistryHost.OptionsAsync(database, folder))).WithInputsAsync();
        var stand = new SweepStand(host, (_, _) => 1);
        await host.ImportAsync("bot");
        await host.Client.Models.SetGatesAsync(Bot, "production", [new(Facts, "exact_match", 0.9, null)], None);
        await host.Client.Sweeps.CreateAsync(SweepStand.Request(2, SweepMethod.Random, metric: "facts:exact_match") with { Direction = SweepDirection.Maximize, Alias = "production" }, None);
        await stand.WorkAsync();
        await stand.WorkAsync();
        Assert.All((await stand.FindAsync()).Trials, trial => Assert.Equal(TrialStatus.Evaluating, trial.Status));
        foreach (var (version, value) in new[] { (2, 0.5), (3, 0.75) })
            await host.Client.Models.AddEvaluationAsync(Bot, version, $"eval-{version}", new(Facts, Digest.OfText("facts"), new() { ["exact_match"] = value }, null), None);
        var ended = await stand.UntilAsync(sweep => sweep.Ended);
        Assert.Equal((SweepStatus.Completed, 1, 0.75), (ended.Status, ended.Best, ended.Trials[1].Metric));
        Assert.Contains("bot@production was not moved to version 3", ended.Note, StringComparison.Ordinal);
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task Only_results_of_the_very_suite_count_and_one_without_the_metric_ends_the_sweep_without_a_best(string database)
    {
        using var folder = new TempFolder();
        await using var host = await (await RegistryHost.StartAsync(await RegistryHost.OptionsAsync(database, folder))).WithInputsAsync();
        var stand = new SweepStand(host, (_, _) => 1);
        await host.Client.Sweeps.CreateAsync(SweepStand.Request(2, SweepMethod.Grid, metric: "facts:exact_mach") with { SuiteDigest = Digest.OfText("facts") }, None);
        await stand.WorkAsync();
        await stand.WorkAsync();
        foreach (var version in new[] { 1, 2 })
            await host.Client.Models.AddEvaluationAsync(Bot, version, $"other-{version}", new(Facts, Digest.OfText("other facts"), new() { ["exact_mach"] = 1 }, null), None);
        Assert.All((await stand.FindAsync()).Trials, trial => Assert.Equal((TrialStatus.Evaluating, null), (trial.Status, trial.Metric)));
        foreach (var version in new[] { 1, 2 })
            await host.Client.Models.AddEvaluationAsync(Bot, version, $"eval-{version}", new(Facts, Digest.OfText("facts"), new() { ["exact_match"] = 1 }, null), None);
        var ended = await stand.UntilAsync(sweep => sweep.Ended);
        Assert.Equal((SweepStatus.Failed, null, "no trial came to its end with a value of facts:exact_mach"), (ended.Status, ended.Best, ended.Note));
        Assert.All(ended.Trials, trial => Assert.Equal((TrialStatus.Completed, null), (trial.Status, trial.Metric)));
    }

    [Fact]
    public async Task A_sweep_that_waits_for_results_of_a_suite_keeps_nobody_from_writing()
    {
        await using var host = await (await RegistryHost.StartAsync()).WithInputsAsync();
        await host.Client.Sweeps.CreateAsync(SweepStand.Request(1, SweepMethod.Grid, metric: "facts:exact_match"), None);
        await new SweepStand(host, (_, _) => 1).WorkAsync();
        await host.Get<Db>().InTransactionAsync(async (_, token) =>
            Assert.Equal(0, await host.Get<SweepProgress>().SweepAsync(token).WaitAsync(TimeSpan.FromSeconds(10), token)), None);
    }

    [Fact]
    public async Task A_trial_that_is_tried_again_is_a_job_of_its_own_on_the_same_inputs()
    {
        await using var host = await (await RegistryHost.StartAsync()).WithInputsAsync();
        var stand = new SweepStand(host, (_, _) => 1);
        await host.Client.Sweeps.CreateAsync(SweepStand.Request(1, SweepMethod.Grid), None);
        await stand.WorkAsync("fail");
        var trial = (await host.Client.Jobs.FindAsync((await stand.FindAsync()).Trials[0].JobId, None))!.Payload.Deserialize<TrainPayload>(Wire.Json)!;
        var again = await host.Client.Jobs.RetryAsync((await stand.FindAsync()).Trials[0].JobId, None);
        var payload = again.Payload.Deserialize<TrainPayload>(Wire.Json)!;
        Assert.Equal((trial.RecipeDigest, trial.Base.Digest, trial.Dataset.Commit, trial.Output), (payload.RecipeDigest, payload.Base.Digest, payload.Dataset.Commit, payload.Output));
        Assert.Null(payload.Sweep);
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_sweep_is_paused_resumed_and_cancelled_with_its_jobs(string database)
    {
        using var folder = new TempFolder();
        await using var host = await (await RegistryHost.StartAsync(await RegistryHost.OptionsAsync(database, folder))).WithInputsAsync();
        var stand = new SweepStand(host, Loss);
        var sweeps = host.Client.Sweeps;
        await sweeps.CreateAsync(SweepStand.Request(2), None);
        await stand.WorkAsync();
        var paused = await sweeps.PauseAsync("lr", None);
        Assert.Equal((SweepStatus.Paused, TrialStatus.Held, TrialStatus.Paused), (paused.Status, paused.Trials[0].Status, paused.Trials[1].Status));
        Assert.Null(await stand.WorkAsync());
        await Say.RefusedAsync("not_found", () => sweeps.PauseAsync("absent", None));
        var resumed = await sweeps.ResumeAsync(paused.Id, None);
        Assert.Equal((SweepStatus.Running, TrialStatus.Held, TrialStatus.Queued), (resumed.Status, resumed.Trials[0].Status, resumed.Trials[1].Status));
        await Say.RefusedAsync("sweep_not_paused", () => sweeps.ResumeAsync("lr", None));
        var running = (await host.Client.Work.ClaimAsync(new("tests", [WorkKind.Train], 600, 0), None))!;
        var cancelled = await sweeps.CancelAsync("lr", None);
        Assert.Equal((SweepStatus.Cancelled, TrialStatus.Cancelled, TrialStatus.Running), (cancelled.Status, cancelled.Trials[0].Status, cancelled.Trials[1].Status));
        Assert.True((await host.Client.Work.HeartbeatAsync(running.Id, new(running.Fence, 0.1, "train"), None)).CancelRequested);
        Assert.Equal(SweepStatus.Cancelled, (await sweeps.CancelAsync("lr", None)).Status);
        await Say.RefusedAsync("sweep_ended", () => sweeps.PauseAsync("lr", None));
    }

    [Fact]
    public async Task The_names_of_a_sweeps_json_are_those_that_its_readers_know()
    {
        await using var host = await (await RegistryHost.StartAsync()).WithInputsAsync();
        await host.Client.Sweeps.CreateAsync(SweepStand.Request(1), None);
        var sweep = JsonElement.Parse(await host.Client.Http.GetStringAsync(new Uri("api/v1/sweeps/lr", UriKind.Relative)));
        foreach (var name in new[] { "id", "name", "method", "metric", "direction", "status", "created_at", "trials" })
            Assert.True(sweep.TryGetProperty(name, out _), name);
        Assert.Equal(("halving", "minimize", "running"), (sweep.GetProperty("method").GetString(), sweep.GetProperty("direction").GetString(), sweep.GetProperty("status").GetString()));
        var trial = sweep.GetProperty("trials")[0];
        Assert.Equal((0, "queued", 0, 0), (trial.GetProperty("index").GetInt32(), trial.GetProperty("status").GetString(), trial.GetProperty("rung").GetInt32() - 3, trial.GetProperty("steps").GetInt32()));
        Assert.Equal(0, trial.GetProperty("parameters").GetProperty("training.learning_rate").GetInt32());
        Assert.StartsWith("job-", trial.GetProperty("job_id").GetString());
        Assert.Contains("/api/v1/sweeps/{id}", await host.Client.Http.GetStringAsync(new Uri("openapi/v1.json", UriKind.Relative)), StringComparison.Ordinal);
    }
}
