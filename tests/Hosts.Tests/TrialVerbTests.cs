using System.Text.Json;
using Temper.Testing;

namespace Temper.Hosts.Tests;

/// <summary>Looking before training: preflight, estimate, dry run.</summary>
public sealed class TrialVerbTests
{
    [Fact]
    public async Task A_recipe_can_be_looked_at_estimated_and_run_dry_and_no_job_is_made()
    {
        using var world = new TinyWorld();
        using var folder = new TempFolder();
        using var server = await TemperProcess.UpAsync(world.Home());
        using var client = server.Client();
        await world.ImportBaseAsync(server.Address);
        Assert.Equal(0, (await world.UploadAsync(server.Address)).Exit);
        await TinyWorld.SettleAsync(client, jobs => jobs.Count == 1);
        var page = folder.Of("preflight.html");

        var (exit, text, errors) = await Run(world, server, "preflight", "--html", page, "--estimate");
        Assert.True(exit == 0, errors);
        Assert.Contains($"{TinyWorld.Accepted} examples to train on", text, StringComparison.Ordinal);
        Assert.Equal(3, text.Split(" are learned").Length - 1);
        Assert.Contains("{+", text, StringComparison.Ordinal);
        Assert.Contains("<mark>", File.ReadAllText(page), StringComparison.Ordinal);
        Assert.Contains("<h2>Estimate</h2>", File.ReadAllText(page), StringComparison.Ordinal);

        var (unwritable, _, refused) = await Run(world, server, "preflight", "--html", folder.Of("absent", "page.html"));
        Assert.Equal(2, unwritable);
        Assert.Contains("its folder does not exist", refused, StringComparison.Ordinal);

        var (estimated, output, said) = await Run(world, server, "estimate", "--json", "--threads", "1", "--set", "limits.cost_per_hour=2");
        Assert.True(estimated == 0, said);
        var estimate = JsonDocument.Parse(output).RootElement;
        Assert.Equal(TinyWorld.Steps, estimate.GetProperty("updates").GetInt32());
        Assert.True(estimate.GetProperty("memory").GetProperty("peak").GetInt64() > 0 && estimate.GetProperty("cost").GetDouble() > 0);

        var (dry, resolved, _) = await Run(world, server, "train", "--dry-run", "--json", "--set", "lora.r=2");
        Assert.Equal(0, dry);
        Assert.Equal(2, JsonDocument.Parse(resolved).RootElement.GetProperty("recipe").GetProperty("lora").GetProperty("r").GetInt32());

        var (tight, _, why) = await Run(world, server, "estimate", "--set", "limits.memory_gib=0.0001");
        Assert.Equal(2, tight);
        Assert.Contains("out_of_memory_expected", why, StringComparison.Ordinal);
        Assert.Single((await client.Jobs.ListAsync(null, null, default)).Items);
    }

    private static Task<(int Exit, string Output, string Errors)> Run(TinyWorld world, TemperProcess server, string verb, params string[] more) =>
        TemperProcess.RunAsync([verb, world.Recipe, "--server", server.Address.AbsoluteUri, .. more]);
}
