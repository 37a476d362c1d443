using Temper.Core.Ids;

namespace Temper.Hosts.Tests;

/// <summary>One job in several processes, on the command line.</summary>
public sealed class ParallelJobTests
{
    [Fact]
    public async Task A_recipe_trained_by_two_processes_makes_the_adapter_of_one_and_says_what_it_needs()
    {
        using var world = new TinyWorld(steps: 6);
        using var server = await TemperProcess.UpAsync(world.Home());
        await world.ImportBaseAsync(server.Address);
        await world.SealAsync(server.Address);
        string[] cut = ["--follow", "--set", "training.per_device_train_batch_size=1", "--set", "training.gradient_accumulation_steps=4"];
        string[] two = ["--set", "training.data_parallel_size=2"];
        var (exit, _, errors) = await world.TrainAsync(server.Address, cut);
        Assert.True(exit == 0, errors);
        (exit, _, errors) = await world.TrainAsync(server.Address, [.. cut, .. two]);
        Assert.True(exit == 0, errors);
        using var client = server.Client();
        var versions = (await client.Models.VersionsAsync(ResourceName.Parse("bot"), default))!.Items;
        Assert.Single(versions.Select(v => v.Pin.Files.Single(f => f.Path == "adapter_model.safetensors").Sha256.Hex).Distinct());
        Assert.Equal(2, versions.Count);

        (exit, _, errors) = await world.TrainAsync(server.Address, two);
        Assert.Equal(2, exit);
        Assert.Contains("2 processes would share the micro-batches of a step, and a step has 1", errors, StringComparison.Ordinal);
        var (_, shown, _) = await TemperProcess.RunAsync(["jobs", "show", versions.MaxBy(v => v.Pin.Version)!.Lineage!.Job.ToString(), "--server", server.Address.AbsoluteUri, "--json"]);
        Assert.Contains("\"data_parallel_size\":2", shown.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }
}
