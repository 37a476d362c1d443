using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Testing;
using static Temper.Registry.Tests.Actors;

namespace Temper.Registry.Tests;

/// <summary>Results of suites beside versions, and aliases that ask for them.</summary>
public sealed class EvaluationTests
{
    private static readonly ResourceName Bot = ResourceName.Parse("bot"), Facts = ResourceName.Parse("facts");

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task A_result_stays_with_the_version_and_its_report_is_there_when_asked_for(string database)
    {
        using var folder = new TempFolder();
        await using var host = await RegistryHost.StartAsync(await RegistryHost.OptionsAsync(database, folder));
        await host.ImportAsync("bot");
        await host.Client.Models.AddEvaluationAsync(Bot, 1, "eval-1", Result(0.25), None);
        await host.Client.Models.AddEvaluationAsync(Bot, 1, "eval-2", Result(0.5), None);
        await host.Client.Models.AddEvaluationAsync(Bot, 1, "eval-2", Result(0.75), None);

        var kept = await host.Client.Models.EvaluationsAsync(Bot, 1, None);
        Assert.Equal(["eval-2", "eval-1"], kept.Select(k => k.Id));
        Assert.Equal([0.5, 0.25], kept.Select(k => k.Metrics["exact_match"]));
        var whole = await host.Client.Http.GetStringAsync(new Uri("api/v1/evaluations/eval-1", UriKind.Relative), None);
        Assert.Contains("\"said\":\"all\"", whole);
        await Say.RefusedAsync("not_found", () => host.Client.Models.AddEvaluationAsync(Bot, 2, "eval-3", Result(1), None));
        await Say.RefusedAsync("evaluation_invalid", () => host.Client.Models.AddEvaluationAsync(Bot, 1, "eval 3", Result(1), None));
        await Say.RefusedAsync("evaluation_invalid", () => host.Client.Models.AddEvaluationAsync(Bot, 1, "eval-3", Result(1) with { Metrics = new() { ["Exact Match"] = 1 } }, None));
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task An_alias_with_gates_moves_only_to_versions_that_pass_them(string database)
    {
        using var folder = new TempFolder();
        await using var host = await RegistryHost.StartAsync(await RegistryHost.OptionsAsync(database, folder));
        await host.ImportAsync("bot");
        await host.ImportAsync("bot", "better");
        var models = host.Client.Models;
        await models.SetGatesAsync(Bot, "production", [new(Facts, "exact_match", 0.9, null), new(Facts, "perplexity", null, 4)], None);
        Assert.Equal(["facts:exact_match>=0.9", "facts:perplexity<=4"], (await models.GatesAsync(Bot, "production", None)).Select(g => g.ToString()));

        var refused = await Say.RefusedAsync("gate_failed", () => models.MoveAliasAsync(Bot, "production", new(1, null), None));
        Assert.Equal(2, refused.Problems.Count);
        Assert.Contains("never run", refused.Problems[0].Message);
        await models.AddEvaluationAsync(Bot, 1, "eval-1", Result(0.95, 5), None);
        refused = await Say.RefusedAsync("gate_failed", () => models.MoveAliasAsync(Bot, "production", new(1, null), None));
        Assert.Contains("it has 5", Assert.Single(refused.Problems).Message);

        await models.AddEvaluationAsync(Bot, 2, "eval-2", Result(0.95, 3), None);
        await models.MoveAliasAsync(Bot, "production", new(2, null), None);
        await models.AddEvaluationAsync(Bot, 2, "eval-3", Result(0.5, 3), None);
        Assert.Equal(2, (await models.ResolveAsync("bot@production", None)).Pin.Version);
        await models.MoveAliasAsync(Bot, "candidate", new(1, null), None);

        await models.SetGatesAsync(Bot, "production", [], None);
        await models.MoveAliasAsync(Bot, "production", new(1, 2), None);
        await Say.RefusedAsync("gate_invalid", () => models.SetGatesAsync(Bot, "production", [new(Facts, "exact_match", null, null)], None));
        await Say.RefusedAsync("gate_invalid", () => models.SetGatesAsync(Bot, "production", [new(Facts, "exact_match", 0.5, null), new(Facts, "exact_match", null, 0.9)], None));
        await Say.RefusedAsync("alias_invalid", () => models.SetGatesAsync(Bot, "latest", [], None));
        await Say.RefusedAsync("not_found", () => models.SetGatesAsync(ResourceName.Parse("nobody"), "production", [], None));
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task The_result_that_came_last_decides_whatever_its_id(string database)
    {
        using var folder = new TempFolder();
        await using var host = await RegistryHost.StartAsync(await RegistryHost.OptionsAsync(database, folder));
        await host.ImportAsync("bot");
        var models = host.Client.Models;
        await models.SetGatesAsync(Bot, "production", [new(Facts, "exact_match", 0.9, null)], None);
        await models.AddEvaluationAsync(Bot, 1, "eval-job-01zz-of-a-sweep", Result(0.95), None);
        await models.MoveAliasAsync(Bot, "candidate", new(1, null), None);
        await Task.Delay(20);
        await models.AddEvaluationAsync(Bot, 1, "eval-01aa-asked-later", Result(0.5), None);

        Assert.Equal(["eval-01aa-asked-later", "eval-job-01zz-of-a-sweep"], (await models.EvaluationsAsync(Bot, 1, None)).Select(k => k.Id));
        var refused = await Say.RefusedAsync("gate_failed", () => models.MoveAliasAsync(Bot, "production", new(1, null), None));
        Assert.Contains("it has 0.5", Assert.Single(refused.Problems).Message, StringComparison.Ordinal);
    }

    private static EvaluationDraft Result(double exact, double perplexity = 1) =>
        new(Facts, Digest.OfText("facts"), new() { ["exact_match"] = exact, ["perplexity"] = perplexity }, Wire.ToElement(new { said = "all" }));
}
