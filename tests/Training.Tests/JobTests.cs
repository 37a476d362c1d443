using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Testing;
using Temper.Training.Checkpoints;
using Temper.Training.Jobs;

namespace Temper.Training.Tests;

/// <summary>Jobs in processes of their own, against a registry.</summary>
public sealed class JobTests
{
    internal const string Lora = "lora: {r: 4, lora_dropout: 0.1}\ndata: {max_length: 128, validation: 2}\ntraining: {learning_rate: 0.01, max_steps: 8, per_device_train_batch_size: 4, eval_strategy: epoch, save_strategy: steps, save_steps: 2}";
    internal const string Endless = "lora: {r: 4}\ndata: {max_length: 128}\ntraining: {learning_rate: 0.001, max_steps: 1000000, per_device_train_batch_size: 4, save_strategy: steps, save_steps: 100000}";

    [Theory]
    [InlineData("train.checkpoint_done")]
    [InlineData("train.result_verified")]
    public Task A_job_killed_at_a_durable_step_ends_with_the_weights_of_one_that_was_not(string step) => KilledAsync(step);

    [Theory, Trait("Tier", "Slow")]
    [InlineData("train.checkpoint_file")]
    [InlineData("train.result_file")]
    public Task So_does_one_killed_while_it_writes_one(string step) => KilledAsync(step);

    private static async Task KilledAsync(string step)
    {
        await using var live = await LiveRegistry.StartAsync();
        var whole = await live.WorkUntilEndedAsync((await live.SubmitAsync(Lora)).Id, live.Options());
        var killed = await live.WorkUntilEndedAsync((await live.SubmitAsync(Lora)).Id, live.Options(dieAt: step));
        Assert.Equal((WorkState.Completed, 1), (whole.State, whole.Attempt));
        Assert.Equal((WorkState.Completed, 2), (killed.State, killed.Attempt));
        Assert.Equal(await live.FileOfAsync(1, "adapter_model.safetensors"), await live.FileOfAsync(2, "adapter_model.safetensors"));
        Assert.Equal(WithoutRates(await live.FileOfAsync(1, "metrics.jsonl")), WithoutRates(await live.FileOfAsync(2, "metrics.jsonl")));
        var version = (await live.Client.Models.FindAsync(ResourceName.Parse("bot"), 2, default))!;
        Assert.Equal(killed.Id, version.Lineage!.Job);
        Assert.Superset(new HashSet<string> { "adapter_config.json", "training_config.json", "metrics.jsonl", "trainer_state.json", "lineage.json" }, version.Pin.Files.Select(f => f.Path).ToHashSet());
        Assert.Equal(8, (await live.Client.Jobs.MetricsAsync(killed.Id, 0, default)).Items.Count);
        Assert.Empty(Directory.Exists(Path.Combine(live.Cache, "jobs")) ? Directory.EnumerateFileSystemEntries(Path.Combine(live.Cache, "jobs")) : []);
    }

    [Fact]
    public async Task A_job_on_two_datasets_reads_both_goes_on_after_a_kill_and_its_lineage_names_both()
    {
        const string Mixed = "lora: {r: 4, lora_dropout: 0.1}\ndatasets: [facts, {path: more, repeats: 1, max_num_samples: 6}]\ndata: {max_length: 128, sampling: uniform}\ntraining: {learning_rate: 0.01, num_train_epochs: 1, per_device_train_batch_size: 4, save_strategy: steps, save_steps: 2}";
        await using var live = await LiveRegistry.StartAsync();
        await live.SealDatasetAsync("more", 9);
        var whole = await live.WorkUntilEndedAsync((await live.SubmitAsync(Mixed, "facts", "more")).Id, live.Options());
        var killed = await live.WorkUntilEndedAsync((await live.SubmitAsync(Mixed, "facts", "more")).Id, live.Options(dieAt: "train.checkpoint_done"));
        Assert.Equal((WorkState.Completed, 1, 7), (whole.State, whole.Attempt, whole.Step));
        Assert.Equal((WorkState.Completed, 2, 7), (killed.State, killed.Attempt, killed.Step));
        Assert.Equal(await live.FileOfAsync(1, "adapter_model.safetensors"), await live.FileOfAsync(2, "adapter_model.safetensors"));
        var lineage = (await live.Client.Models.FindAsync(ResourceName.Parse("bot"), 2, default))!.Lineage!;
        Assert.Equal(["facts", "more"], lineage.Datasets!.Select(d => d.Name.ToString()));
        var wrong = await live.WorkUntilEndedAsync((await live.SubmitAsync(Mixed, "facts")).Id, live.Options());
        Assert.Equal((WorkState.Failed, "mix_invalid"), (wrong.State, wrong.Errors[0].Code));
    }

    [Fact]
    public async Task A_result_brings_its_card_its_table_and_the_forms_that_the_recipe_asks_for()
    {
        const string Exporting = "lora: {r: 24, lora_alpha: 8, target_modules: [q_proj]}\nexport: {merged: true, gguf: f16, gguf_lora: true}\ndata: {max_length: 128, validation: 2}\ntraining: {learning_rate: 0.01, max_steps: 3, eval_strategy: epoch}";
        await using var live = await LiveRegistry.StartAsync();
        var job = await live.WorkUntilEndedAsync((await live.SubmitAsync(Exporting)).Id, live.Options());
        Assert.True(job.State == WorkState.Completed, string.Join("; ", job.Errors.Select(e => e.Message)));
        var files = (await live.Client.Models.FindAsync(ResourceName.Parse("bot"), 1, default))!.Pin.Files.Select(f => f.Path).ToHashSet();
        Assert.Superset(new HashSet<string> { "README.md", "results.csv", "compatibility.json", "merged/config.json", "merged/model.safetensors", "merged/tokenizer.json", "gguf/model-f16.gguf", "gguf/adapter.gguf" }, files);
        var table = System.Text.Encoding.UTF8.GetString(await live.FileOfAsync(1, "results.csv")).Split('\n');
        Assert.Equal(("step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy,learning_rate,grad_norm", 5), (table[0], table.Length));
        Assert.Contains("--max-lora-rank 32", System.Text.Encoding.UTF8.GetString(await live.FileOfAsync(1, "compatibility.json")));
        var card = System.Text.Encoding.UTF8.GetString(await live.FileOfAsync(1, "README.md"));
        Assert.StartsWith("---\nbase_model: base\nlibrary_name: peft\n", card);
        Assert.Contains("LoRA fine-tune (rank 24, alpha 8) of `base:1` on `facts:1`: 3 steps", card);
        Assert.Contains("| loss on held-out examples |", card);
    }

    [Fact]
    public async Task Full_fine_tuning_makes_a_whole_model()
    {
        await using var live = await LiveRegistry.StartAsync();
        var job = await live.WorkUntilEndedAsync((await live.SubmitAsync("data: {max_length: 128}\ntraining: {learning_rate: 0.003, max_steps: 3}")).Id, live.Options());
        Assert.Equal(WorkState.Completed, job.State);
        var files = (await live.Client.Models.FindAsync(ResourceName.Parse("bot"), 1, default))!.Pin.Files.Select(f => f.Path);
        Assert.Superset(new HashSet<string> { "config.json", "model.safetensors", "tokenizer.json" }, files.ToHashSet());
    }

    [Fact]
    public async Task A_job_that_cannot_work_fails_with_its_reasons_before_the_first_step()
    {
        await using var live = await LiveRegistry.StartAsync();
        var job = await live.WorkUntilEndedAsync((await live.SubmitAsync("data: {max_length: 8}")).Id, live.Options());
        Assert.Equal((WorkState.Failed, 0), (job.State, job.Step));
        Assert.All(job.Errors, e => Assert.Equal("data_too_long", e.Code));
        Assert.Equal(16, job.Errors.Count);
        Assert.Contains($"{job.Id}: data_too_long: ", live.Log.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("   at Temper.", live.Log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_base_cannot_do_is_said_all_at_once_before_the_first_step()
    {
        await using var live = await LiveRegistry.StartAsync();
        var job = await live.WorkUntilEndedAsync((await live.SubmitAsync("lora: {r: 4, target_modules: [q_proj, nowhere, elsewhere]}\ndata: {max_length: 4096}")).Id, live.Options());
        Assert.Equal((WorkState.Failed, 0), (job.State, job.Step));
        Assert.Equal(["target_not_found", "target_not_found", "length_beyond_model"], job.Errors.Select(e => e.Code));
        Assert.Equal(["lora.target_modules", "lora.target_modules", "data.max_length"], job.Errors.Select(e => e.Path));
    }

    [Theory]
    [InlineData(134, "trainer_crashed")]
    [InlineData(6, "worker_process_lost")]
    public async Task A_job_that_crashes_three_times_at_one_place_fails_with_its_last_words(int exit, string code)
    {
        await using var live = await LiveRegistry.StartAsync();
        var options = live.Options() with { Executable = "/bin/sh", Arguments = ["-c", $"echo the engine fell off >&2; exit {exit}"] };
        var job = await live.WorkUntilEndedAsync((await live.SubmitAsync(Lora)).Id, options);
        Assert.Equal((WorkState.Failed, 3, code), (job.State, job.Attempt, job.Errors[0].Code));
        Assert.Contains("the engine fell off", job.Errors[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_whose_process_never_spoke_is_told_of_also_when_the_registry_refuses_to_keep_its_lease()
    {
        await using var live = await LiveRegistry.StartAsync();
        live.Refuses = request => request.Path.Value!.EndsWith("/heartbeat", StringComparison.Ordinal) ? 400 : null;
        var job = await live.WorkUntilEndedAsync((await live.SubmitAsync("lora: {r: 4}")).Id, live.Options(lease: TimeSpan.FromSeconds(6)) with { Executable = "/bin/sh", Arguments = ["-c", "sleep 3; echo no such device >&2; exit 9"] });
        Assert.Equal((WorkState.Failed, "trainer_crashed"), (job.State, job.Errors[0].Code));
        Assert.Contains("no such device", job.Errors[0].Message, StringComparison.Ordinal);
        Assert.Contains("the lease cannot be kept while the process starts", live.Log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_that_needs_longer_than_its_lease_to_begin_does_not_lose_the_job()
    {
        await using var live = await LiveRegistry.StartAsync();
        var plain = live.Options(lease: TimeSpan.FromSeconds(3));
        var slow = plain with { Executable = "/bin/sh", Arguments = ["-c", $"sleep 5; exec {plain.Executable} {string.Join(' ', plain.Arguments)}"] };
        var job = await live.WorkUntilEndedAsync((await live.SubmitAsync(Lora)).Id, slow);
        Assert.True(job is { State: WorkState.Completed, Attempt: 1 }, $"{job} {string.Join(';', job.Tries)}\n{live.Log}");
        Assert.DoesNotContain("keeps the lease", live.Log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelling_ends_a_running_job_soon()
    {
        await using var live = await LiveRegistry.StartAsync();
        var id = (await live.SubmitAsync(Endless)).Id;
        var working = live.WorkUntilEndedAsync(id, live.Options(lease: TimeSpan.FromSeconds(6)));
        await live.UntilAsync(id, j => j.Step > 3);
        await live.Client.Jobs.CancelAsync(id, default);
        Assert.Equal(WorkState.Cancelled, (await working).State);
    }

    internal static string WithoutRates(byte[] log) => LogText.Of(MetricsLog.Read(log));
}
