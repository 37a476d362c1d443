using System.Text.Json;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Registry;

namespace Temper.Hosts.Tests;

/// <summary><c>temper sweep</c> and <c>temper sweeps</c>: real training of tiny models, with a registry that dies at each durable step of a sweep.</summary>
public sealed class SweepVerbTests
{
    private const int Steps = 12;

    [Fact]
    public async Task The_winner_of_a_halving_that_was_killed_at_every_step_has_the_bits_of_its_recipe_trained_alone()
    {
        using var world = new TinyWorld(Steps);
        var file = Write(world);
        using (var first = await TemperProcess.UpAsync(world.Home(), 0, ("TEMPER_CRASH_AT", "sweep.created")))
        {
            await world.ImportBaseAsync(first.Address);
            await world.SealAsync(first.Address);
            Assert.NotEqual(0, (await Temper(first, "sweep", file)).Exit);
            await first.ExitAsync(TimeSpan.FromMinutes(2));
        }
        foreach (var step in (string[])["sweep.promoted", "sweep.finished"])
            using (var doomed = await TemperProcess.UpAsync(world.Home(), 0, ("TEMPER_CRASH_AT", step)))
                await doomed.ExitAsync(TimeSpan.FromMinutes(2));

        using var server = await TemperProcess.UpAsync(world.Home());
        var (exit, output, errors) = await Temper(server, "sweep", file, "--follow", "--json");
        Assert.True(exit == 0, errors);
        var sweep = JsonSerializer.Deserialize<SweepInfo>(output, Wire.Json)!;
        Assert.Equal((SweepStatus.Completed, 4, 4), (sweep.Status, sweep.TrialCount, sweep.EndedCount));
        Assert.Equal(3, sweep.Trials.Count(t => t.Status == TrialStatus.Stopped && t.Reason!.Contains("final_loss", StringComparison.Ordinal)));
        Assert.Equal([3, 3, 6, 12], sweep.Trials.Select(t => t.Steps).Order());
        var best = sweep.Trials[sweep.Best!.Value];
        Assert.Equal((TrialStatus.Completed, 1, "bot", 1), (best.Status, best.Rank, $"{best.Model}", best.Version));

        var rate = best.Parameters["training.learning_rate"].GetRawText();
        var (trained, _, why) = await world.TrainAsync(server.Address, "--follow", "--name", "alone", "--set", $"learning_rate={rate}");
        Assert.True(trained == 0, why);
        using var client = server.Client();
        Assert.Equal(await AdapterAsync(client, "alone"), await AdapterAsync(client, "bot"));
        var won = await client.Models.ResolveAsync("bot@best", default);
        Assert.Equal((sweep.Id, best.Index), (won.Lineage!.Sweep!.Id, won.Lineage.Sweep.Trial));

        var (shown, table, _) = await Temper(server, "sweeps", "show", "rates");
        Assert.Equal(0, shown);
        Assert.Contains($"best: trial {best.Index}, bot:1, final_loss", table, StringComparison.Ordinal);
        Assert.Contains("bot@best stands on version 1", table, StringComparison.Ordinal);
        Assert.Contains("rates", (await Temper(server, "sweeps")).Output, StringComparison.Ordinal);
        Assert.Equal(6, (await Temper(server, "sweeps", "cancel", "rates")).Exit);
    }

    [Fact]
    public async Task A_sweep_is_looked_at_before_it_starts_and_its_mistakes_are_all_named()
    {
        using var world = new TinyWorld(Steps);
        var file = Write(world);
        using var server = await TemperProcess.UpAsync(world.Home());
        await world.ImportBaseAsync(server.Address);
        await world.SealAsync(server.Address);
        var (exit, output, errors) = await Temper(server, "sweep", file, "--dry-run", "--json");
        Assert.True(exit == 0, errors);
        var dry = JsonElement.Parse(output);
        Assert.Equal([3, 6, 12], dry.GetProperty("rungs").EnumerateArray().Select(r => r.GetInt32()));
        Assert.All(dry.GetProperty("trials").EnumerateArray(), trial => Assert.True(trial.GetProperty("estimate").GetProperty("memory").GetProperty("peak").GetInt64() > 0));
        using var client = server.Client();
        Assert.Empty((await client.Sweeps.ListAsync(null, default)).Items);

        File.WriteAllText(file, "recipe: recipe.yaml\nmethod: gird\nmetrics: eval_loss\nparameters: {learning_rte: [1]}\n");
        var (wrong, _, said) = await Temper(server, "sweep", file);
        Assert.Equal(2, wrong);
        foreach (var hint in new[] { "Did you mean grid?", "Did you mean metric?", "Did you mean training.learning_rate", "The sweep does not say what is compared" })
            Assert.Contains(hint, said, StringComparison.Ordinal);

        // Plain lines in a pipe, a suite that is asked, a trial that fails, and a table at the end.
        File.WriteAllText(Path.Combine(Path.GetDirectoryName(file)!, "facts.yaml"), """
            answer: {max_tokens: 2}
            cases: [{id: any, prompt: what is number 1, expected: a box, checks: [{type: regex, pattern: "(?s).*"}]}]
            """);
        File.WriteAllText(file, "recipe: recipe.yaml\nmethod: grid\nsuite: facts.yaml\nmetric: facts:passed\nparameters: {learning_rate: [1.0e-3], limits.max_duration: [1h, 0.001s]}\n");
        var mistyped = file + ".mistyped.yaml";
        File.WriteAllText(mistyped, File.ReadAllText(file).Replace("facts:passed", "facts:exact_mach", StringComparison.Ordinal));
        var (unmeasured, _, measures) = await Temper(server, "sweep", mistyped, "--follow");
        Assert.Equal(2, unmeasured);
        Assert.Contains("Did you mean facts:exact_match?", measures, StringComparison.Ordinal);
        Assert.Empty((await client.Sweeps.ListAsync(null, default)).Items);
        var (followed, table, progress) = await Temper(server, "sweep", file, "--follow");
        Assert.True(followed == 0, progress);
        Assert.DoesNotContain('\r', progress);
        Assert.Contains("trial 1 failed: deadline_exceeded", table, StringComparison.Ordinal);
        Assert.Contains("best: trial 0, bot:1, facts:passed 1", table, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Jobs_are_listed_to_the_last_when_a_sweep_made_more_than_a_page_of_them()
    {
        using var world = new TinyWorld(Steps);
        var file = Write(world);
        using var server = await TemperProcess.UpAsync(world.Home());
        await world.ImportBaseAsync(server.Address);
        await world.SealAsync(server.Address);
        File.WriteAllText(file, "recipe: recipe.yaml\nmethod: random\ntrials: 101\nmetric: final_loss\nparameters: {learning_rate: {log_uniform: [1.0e-6, 1.0e-2]}}\n");
        var (exit, _, errors) = await Temper(server, "sweep", file);
        Assert.True(exit == 0, errors);
        Assert.Equal(0, (await Temper(server, "sweeps", "cancel", "rates")).Exit);
        Assert.Equal(102, JsonElement.Parse((await Temper(server, "jobs", "--json")).Output).GetArrayLength());
    }

    private static string Write(TinyWorld world)
    {
        var file = Path.Combine(Path.GetDirectoryName(world.Recipe)!, "rates.sweep.yaml");
        File.WriteAllText(file, $$"""
            recipe: recipe.yaml
            method: halving
            metric: final_loss
            eta: 2
            min_steps: 3
            max_steps: {{Steps}}
            alias: best
            parameters:
              learning_rate: [1.0e-6, 1.0e-2, 1.0e-4, 1.0e-3]
            """);
        return file;
    }

    private static Task<(int Exit, string Output, string Errors)> Temper(TemperProcess server, params string[] words) => TemperProcess.RunAsync([.. words, "--server", server.Address.AbsoluteUri]);

    private static async Task<string> AdapterAsync(RegistryClient client, string model) =>
        (await client.Models.VersionsAsync(ResourceName.Parse(model), default))!.Items[0].Pin.Files.Single(f => f.Path == "adapter_model.safetensors").Sha256.Hex;
}
