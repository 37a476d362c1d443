using System.Text.Json;
using Temper.Core.Ids;
using Temper.Core.Registry;

namespace Temper.Hosts.Tests;

/// <summary>What must not change a result, changed on the command line: how a batch is cut, recomputed, packed, padded and ordered, and on how many threads.</summary>
public sealed class InvarianceTests
{
    private const int Steps = 6, Batch = 8;

    [Fact]
    public async Task A_batch_is_a_batch_however_it_is_cut_recomputed_or_shared_among_threads()
    {
        using var world = new TinyWorld();
        using var single = await TemperProcess.UpAsync(world.Home("one"));
        using var pair = await TemperProcess.UpAsync(world.Home("two"), 0, [], ["--threads", "2"]);
        foreach (var server in (TemperProcess[])[single, pair])
        {
            await world.ImportBaseAsync(server.Address);
            await world.SealAsync(server.Address);
        }
        var plain = await RunAsync(world, single, Batch, 1);
        Assert.Equal(Steps, plain.Losses.Count);
        AssertNear(plain, await RunAsync(world, single, 4, 2));
        AssertNear(plain, await RunAsync(world, single, 1, 8));
        Assert.Equal(plain.Adapter, (await RunAsync(world, single, Batch, 1, ", gradient_checkpointing: true")).Adapter);
        Assert.Equal(plain.Adapter, (await RunAsync(world, pair, Batch, 1)).Adapter);
        var brain = await RunAsync(world, single, Batch, 1, ", bf16: true");
        Assert.NotEqual(plain.Adapter, brain.Adapter);
        Assert.Equal(brain.Adapter, (await RunAsync(world, pair, Batch, 1, ", bf16: true, gradient_checkpointing: true")).Adapter);
    }

    [Fact]
    public async Task Packing_padding_and_the_order_in_a_batch_are_of_no_account()
    {
        using var world = new TinyWorld();
        using var server = await TemperProcess.UpAsync(world.Home());
        await world.ImportBaseAsync(server.Address);
        await UploadAsync(world, server, "chats");
        var file = Path.Combine(world.Data, "chats.jsonl");
        File.WriteAllLines(file, [.. File.ReadAllLines(file).Reverse()]);
        await UploadAsync(world, server, "reversed");
        // Every update is of all the records, so that only the way in which they lie together differs.
        var alone = await RunAsync(world, server, 32, 1);
        AssertNear(alone, await RunAsync(world, server, 32, 1, packing: true));
        AssertNear(alone, await RunAsync(world, server, 16, 2, packing: true));
        var other = await RunAsync(world, server, 32, 1, data: "reversed");
        Assert.InRange(Math.Abs(alone.Losses[0] - other.Losses[0]), 0, 1e-6);
        AssertNear(alone, other);
        foreach (var (length, padded) in new[] { (96, ""), (64, "pad_to_sequence_len: true"), (128, "pad_to_multiple_of: 16") })
            Assert.Equal(alone.Adapter, (await RunAsync(world, server, 32, 1, length: length, root: padded)).Adapter);
        var packed = await RunAsync(world, server, 3, 1, packing: true);
        Assert.Equal(packed.Adapter, (await RunAsync(world, server, 3, 1, ", gradient_checkpointing: true", packing: true)).Adapter);
        Assert.NotEqual(alone.Adapter, packed.Adapter);
    }

    private static async Task UploadAsync(TinyWorld world, TemperProcess server, string dataset)
    {
        var config = Path.Combine(world.Data, "dataset.yaml");
        File.WriteAllText(config, File.ReadAllText(config).Replace("id: chats", $"id: {dataset}", StringComparison.Ordinal));
        var (exit, _, errors) = await TemperProcess.RunAsync(["upload", world.Data, "--dataset", dataset, "--wait", "--server", server.Address.AbsoluteUri]);
        Assert.True(exit == 0, errors);
    }

    /// <summary>The order of additions differs, so the last bits may: at most 1e-5 at any step and no drift to one side.</summary>
    private static void AssertNear(Trajectory expected, Trajectory actual)
    {
        var differences = expected.Losses.Zip(actual.Losses, (a, b) => b - a).ToList();
        Assert.True(differences.Max(Math.Abs) <= 1e-5 && Math.Abs(differences.Average()) <= 5e-6, string.Join(' ', differences));
    }

    private static async Task<Trajectory> RunAsync(TinyWorld world, TemperProcess server, int batch, int accumulation, string more = "", string data = "chats", int length = 64, string root = "", bool packing = false)
    {
        File.WriteAllText(world.Recipe, $$"""
            version: 1
            model_name_or_path: base
            output: bot
            {{root}}
            data: {train: {{data}}, max_length: {{length}}, packing: {{(packing ? "true" : "false")}}}
            lora: {r: 4, lora_alpha: 8, target_modules: all-linear}
            training: {learning_rate: 1.0e-2, max_steps: {{Steps}}, per_device_train_batch_size: {{batch}}, gradient_accumulation_steps: {{accumulation}}{{more}}}
            """);
        var (exit, output, errors) = await world.TrainAsync(server.Address, "--follow");
        Assert.True(exit == 0, errors);
        var losses = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)
            .Where(e => e.TryGetProperty("values", out var values) && values.TryGetProperty("loss", out _)).Select(e => e.GetProperty("values").GetProperty("loss").GetDouble()).ToList();
        using var client = server.Client();
        var versions = (await client.Models.VersionsAsync(ResourceName.Parse("bot"), default))!.Items;
        return new(losses, versions.MaxBy(v => v.Pin.Version)!.Pin.Files.Single(f => f.Path == "adapter_model.safetensors").Sha256.Hex);
    }

    private sealed record Trajectory(List<double> Losses, string Adapter);
}
