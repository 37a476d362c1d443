using Temper.Core.Ids;

namespace Temper.Hosts.Tests;

/// <summary>The same recipe file, data and base give the same bits: again on one home, without what it has cached, and on another home.</summary>
public sealed class ReproductionTests
{
    [Fact]
    public async Task The_same_recipe_makes_the_same_adapter_twice_on_one_home_and_on_two()
    {
        using var world = new TinyWorld();
        File.WriteAllText(world.Recipe, """
            version: 1
            model_name_or_path: base
            output: bot
            seed: 11
            data: {train: chats, max_length: 64, packing: true, validation: 4}
            lora: {r: 4, lora_alpha: 8, lora_dropout: 0.1, use_dora: true, loraplus_lr_ratio: 4, target_modules: all-linear}
            quantization: {load_in_4bit: true, bnb_4bit_use_double_quant: true}
            training: {learning_rate: 5.0e-3, num_train_epochs: 3, per_device_train_batch_size: 3, neftune_noise_alpha: 5, label_smoothing_factor: 0.1, eval_strategy: epoch, save_strategy: epoch, load_best_model_at_end: true}
            """);
        var (one, two) = (world.Home("one"), world.Home(Path.Combine("another", "place of its own", "home")));
        string first;
        using (var server = await TemperProcess.UpAsync(one))
        {
            await BeginAsync(world, server);
            first = await TrainedAsync(world, server, 1);
            Assert.Equal(first, await TrainedAsync(world, server, 2));
        }
        var caches = Directory.EnumerateDirectories(one, "cache", SearchOption.AllDirectories).ToList();
        Assert.NotEmpty(caches);
        foreach (var cache in caches.Where(Directory.Exists))
            Directory.Delete(cache, recursive: true);
        using (var server = await TemperProcess.UpAsync(one))
            Assert.Equal(first, await TrainedAsync(world, server, 3));
        using (var server = await TemperProcess.UpAsync(two, 0, [], ["--threads", "2"], ("TZ", "Asia/Kathmandu"), ("LANG", "de_DE.UTF-8"), ("DOTNET_EnableAVX512", "0")))
        {
            await BeginAsync(world, server);
            Assert.Equal(first, await TrainedAsync(world, server, 1));
        }
    }

    private static async Task BeginAsync(TinyWorld world, TemperProcess server)
    {
        await world.ImportBaseAsync(server.Address);
        await world.SealAsync(server.Address);
    }

    /// <summary>Trains; the digests of what it made, and of what it was made from.</summary>
    private static async Task<string> TrainedAsync(TinyWorld world, TemperProcess server, int version)
    {
        var (exit, _, errors) = await world.TrainAsync(server.Address, "--follow");
        Assert.True(exit == 0, errors);
        using var client = server.Client();
        var made = (await client.Models.FindAsync(ResourceName.Parse("bot"), version, default))!;
        var files = made.Pin.Files.Where(f => TinyWorld.SameFiles.Contains(f.Path)).Select(f => $"{f.Path}={f.Sha256.Hex}").ToList();
        Assert.Equal(TinyWorld.SameFiles.Length, files.Count);
        return string.Join('\n', files.Append($"{made.Lineage!.RecipeDigest} {made.Lineage.Base.Digest} {made.Lineage.Dataset.Manifest} {made.Lineage.NumericsId}"));
    }
}
