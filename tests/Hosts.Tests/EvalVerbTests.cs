using System.Text.Json;
using Temper.Testing;

namespace Temper.Hosts.Tests;

/// <summary>`temper eval`, `alias` and `gate` beside a server that answers.</summary>
public sealed class EvalVerbTests
{
    [Fact]
    public async Task A_version_is_asked_a_suite_and_an_alias_waits_for_the_result()
    {
        using var world = new TinyWorld();
        using var folder = new TempFolder();
        using var server = await TemperProcess.UpAsync(world.Home());
        await world.ImportBaseAsync(server.Address);
        var suite = folder.Of("facts.yaml");
        File.WriteAllText(suite, """
            answer: {max_tokens: 4}
            perplexity: true
            cases:
              - {id: any, prompt: what is number 1, expected: nothing that it says, checks: [{type: regex, pattern: "(?s).*"}]}
              - {id: none, prompt: what is number 2, expected: nothing that it says}
            """);
        async Task<(int Exit, string Output, string Errors)> Temper(params string[] words) => await TemperProcess.RunAsync([.. words, "--server", server.Address.AbsoluteUri, "--home", world.Home()]);

        Assert.Equal(0, (await Temper("gate", "base", "production", "facts:passed>=0.5")).Exit);
        var (refused, _, why) = await Temper("alias", "base:1", "production");
        Assert.Equal(6, refused);
        Assert.Contains("gate_failed", why);

        var (exit, output, errors) = await Temper("eval", "base", suite, "--against", "base:1", "--require", "exact_match>=0.5", "--json");
        Assert.True(exit == 1, errors);
        var result = JsonElement.Parse(output);
        Assert.Equal(0.5, result.GetProperty("metrics").GetProperty("passed").GetDouble());
        Assert.Equal(0, result.GetProperty("metrics").GetProperty("exact_match").GetDouble());
        Assert.True(result.GetProperty("metrics").GetProperty("perplexity").GetDouble() > 1);
        Assert.Equal(2, result.GetProperty("against").GetProperty("compared").GetProperty("same").GetInt32());
        Assert.Equal("exact_match>=0.5", result.GetProperty("failed")[0].GetString());

        Assert.Equal(0, (await Temper("alias", "base:1", "production")).Exit);
        var (one, listed, _) = await Temper("models", "base@production");
        Assert.Equal(0, one);
        Assert.Contains("base:1", listed);
        Assert.Equal(1, (await Temper("models", "base:7")).Exit);
        var (shown, table, _) = await Temper("eval", "base@production", suite, "--no-save");
        Assert.Equal(0, shown);
        Assert.Contains("perplexity", table);
        Assert.Equal(2, (await Temper("eval", "base", folder.Of("absent.yaml"))).Exit);
        var (asked, _, said) = await Temper("eval", "base", suite, "--require", "exakt_match>=0.5");
        Assert.Equal(2, asked);
        Assert.Contains("does not measure 'exakt_match'; it measures ", said);
        Assert.Contains("Did you mean exact_match?", said);
    }
}
