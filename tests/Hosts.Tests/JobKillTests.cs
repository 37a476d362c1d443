using System.Text;
using System.Text.Json;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Tensors;
using Temper.Testing;
using Temper.Training.Checkpoints;

namespace Temper.Hosts.Tests;

/// <summary>
/// <c>kill -9</c> of a job's process or of the whole server, at named durable steps and at random moments, in every arithmetic that a job can have
/// here: each job ends in the bits of one that nobody disturbed. In f32 every other server that goes on has no vector registers of 512 bits, which changes nothing.
/// TEMPER_JOB_KILLS says how many kills for each arithmetic.
/// </summary>
[Trait("Tier", "Slow")]
public sealed class JobKillTests
{
    private static readonly string[] Steps =
    [
        "train.checkpoint_file", "publish.committed:1", "train.checkpoint_done:3", "train.result_file:2", "publish.pack_written:1", "train.checkpoint_file:9", "train.result_written", "train.result_verified", "train.finished", "train.checkpoint_done:20",
    ];

    [Theory]
    [InlineData(MatrixPath.Exact)]
    [InlineData(MatrixPath.Bf16)]
    public async Task A_job_killed_again_and_again_ends_in_the_bits_of_one_that_was_not(MatrixPath matrix)
    {
        var kills = int.TryParse(Environment.GetEnvironmentVariable("TEMPER_JOB_KILLS"), out var asked) ? asked : 2;
        using var world = new TinyWorld();
        WriteRecipe(world, matrix);
        var server = await TemperProcess.UpAsync(world.Home());
        try
        {
            await world.ImportBaseAsync(server.Address);
            await world.SealAsync(server.Address);
            var (exit, _, errors) = await world.TrainAsync(server.Address, "--follow");
            Assert.True(exit == 0, errors);
            var expected = await ResultAsync(server, 1);
            Assert.Equal(matrix == MatrixPath.Bf16 ? CpuEngine.Bf16Support.NumericsId : CpuEngine.NumericsId, expected.NumericsId);
            for (var (kill, version) = (0, 2); kill < kills; version++)
            {
                var key = new RandomKey(7, 1, (uint)version);
                var moment = expected.Took * (Philox.Below(key, 0, 1000) / 1000.0);
                var narrow = matrix == MatrixPath.Exact && version % 2 == 0;
                (server, var hit) = (kill % 3) switch
                {
                    0 => await KilledChildAsync(world, server, moment),
                    1 => await KilledAtStepAsync(world, server, Steps[kill / 3 % Steps.Length], narrow),
                    _ => await KilledServerAsync(world, server, moment, narrow),
                };
                var result = await ResultAsync(server, version);
                Assert.Equal(expected with { Took = result.Took }, result);
                kill += hit ? 1 : 0;
            }
        }
        finally
        {
            server.Dispose();
        }
    }

    /// <summary>All that chance and memory may enter: dropout, noise, held-out records, the best step, checkpoints every few steps.</summary>
    private static void WriteRecipe(TinyWorld world, MatrixPath matrix) => File.WriteAllText(world.Recipe, $$"""
        version: 1
        model_name_or_path: base
        output: bot
        data: {train: chats, max_length: 64, validation: 4}
        lora: {r: 4, lora_alpha: 8, lora_dropout: 0.1, target_modules: all-linear}
        training: {learning_rate: 5.0e-3, max_steps: 120, per_device_train_batch_size: 4, neftune_noise_alpha: 5, label_smoothing_factor: 0.1, bf16: {{(matrix == MatrixPath.Bf16 ? "true" : "false")}},
          eval_strategy: steps, eval_steps: 5, save_strategy: steps, save_steps: 5, load_best_model_at_end: true}
        """);

    private static async Task<WorkId> SubmitAsync(TinyWorld world, TemperProcess server)
    {
        var (exit, output, errors) = await world.TrainAsync(server.Address);
        Assert.True(exit == 0, errors);
        return WorkId.Parse(JsonDocument.Parse(output).RootElement.GetProperty("id").GetString()!);
    }

    /// <summary>The server to go on with, and whether the job was still on its way when something died.</summary>
    private static async Task<(TemperProcess Server, bool Hit)> KilledChildAsync(TinyWorld world, TemperProcess server, TimeSpan moment)
    {
        await SubmitAsync(world, server);
        int[] children = [];
        for (var n = 0; n < 1000 && children.Length == 0; n++, await Task.Delay(10))
            children = ProcessTree.Children(server.Id);
        await Task.Delay(moment);
        var hit = children.Any(ProcessTree.IsAlive);
        foreach (var child in children)
            ProcessTree.Kill(child);
        await SettleAsync(server);
        return (server, hit);
    }

    private static async Task<(TemperProcess Server, bool Hit)> KilledServerAsync(TinyWorld world, TemperProcess server, TimeSpan moment, bool narrow)
    {
        var id = await SubmitAsync(world, server);
        await Task.Delay(moment);
        using var client = server.Client();
        var hit = !(await client.Jobs.FindAsync(id, default))!.Ended;
        server.Dispose();
        return (await GoOnAsync(world, narrow), hit);
    }

    private static async Task<(TemperProcess Server, bool Hit)> KilledAtStepAsync(TinyWorld world, TemperProcess server, string step, bool narrow)
    {
        server.Dispose();
        using (var doomed = await TemperProcess.UpAsync(world.Home(), 0, ("TEMPER_CRASH_AT", step)))
        {
            var id = await SubmitAsync(world, doomed);
            if (step.StartsWith("train.", StringComparison.Ordinal))
            {
                await SettleAsync(doomed);
                using var client = doomed.Client();
                var job = (await client.Jobs.FindAsync(id, default))!;
                Assert.True(job.Attempt > 1 || step == "train.finished", $"nobody died at {step}");
            }
            else
                Assert.NotEqual(0, await doomed.ExitAsync(TimeSpan.FromMinutes(2)));
        }
        return (await GoOnAsync(world, narrow), true);
    }

    private static async Task<TemperProcess> GoOnAsync(TinyWorld world, bool narrow)
    {
        var server = await TemperProcess.UpAsync(world.Home(), 0, narrow ? [("DOTNET_EnableAVX512", "0")] : []);
        await SettleAsync(server);
        return server;
    }

    private static async Task SettleAsync(TemperProcess server)
    {
        using var client = server.Client();
        Assert.All(await TinyWorld.SettleAsync(client, _ => true), job => Assert.True(job.State == WorkState.Completed, $"{job}\n{server.Errors}"));
    }

    private static async Task<Result> ResultAsync(TemperProcess server, int number)
    {
        using var client = server.Client();
        var name = ResourceName.Parse("bot");
        var version = (await client.Models.VersionsAsync(name, default))!.Items.MaxBy(v => v.Pin.Version)!;
        Assert.Equal(number, version.Pin.Version);
        var job = (await client.Jobs.FindAsync(version.Lineage!.Job, default))!;
        var told = (await client.Jobs.MetricsAsync(job.Id, 0, default)).Items;
        await using var stream = await client.Models.OpenFileAsync(name, number, "metrics.jsonl", 0, default);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var written = MetricsLog.Read(Encoding.UTF8.GetBytes(await reader.ReadToEndAsync()));
        Assert.Equal(Numbers(written), Numbers(told));
        Assert.Equal((1.0, 120), (job.Progress, job.Step));
        return new(TimeSpan.FromMilliseconds(job.EndedMs!.Value - job.StartedMs!.Value), version.Lineage.NumericsId, string.Join(' ', version.Pin.Files.Where(f => TinyWorld.SameFiles.Contains(f.Path)).Select(f => $"{f.Path}={f.Sha256.Hex}")), Numbers(written));
    }

    /// <summary>What depends on the machine: the log's own rates, and the readings of the job's process that a report adds.</summary>
    private static readonly string[] OfTheMachine = [.. MetricsLog.Rates, "elapsed_seconds", "memory_bytes"];

    private static string Numbers(IEnumerable<StepMetrics> log) => string.Join('\n', log.Select(step => $"{step.Step} " + string.Join(' ', step.Values.Where(v => !OfTheMachine.Contains(v.Key)).OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => FormattableString.Invariant($"{v.Key}={v.Value:R}")))));

    private sealed record Result(TimeSpan Took, string NumericsId, string Files, string Metrics);
}
