using System.Text.Json.Nodes;

namespace Temper.Hosts.Tests;

/// <summary><c>temper data search</c> with the real program and a real server.</summary>
public sealed class SearchTests
{
    [Fact]
    public async Task A_dataset_is_searched_by_meaning_and_its_vectors_are_made_once()
    {
        using var world = new TinyWorld();
        using var server = await TemperProcess.UpAsync(world.Home());
        await world.ImportBaseAsync(server.Address);
        Assert.Equal(0, (await world.UploadAsync(server.Address)).Exit);
        using var client = server.Client();
        await TinyWorld.SettleAsync(client, jobs => jobs.Count == 1);
        string[] search = ["data", "search", "chats", "question 7", "--model", "base", "-n", "3", "--json", "--server", server.Address.AbsoluteUri, "--home", world.Home("elsewhere")];
        var (exit, output, errors) = await TemperProcess.RunAsync(search);
        Assert.True(exit == 0, errors);
        Assert.Contains($"{TinyWorld.Accepted} made now", errors);
        var hits = JsonNode.Parse(output)!.AsArray();
        Assert.Equal(3, hits.Count);
        Assert.All(hits, hit => Assert.Equal("chats.jsonl", hit!["source"]!["file"]!.GetValue<string>()));
        Assert.Equal(hits.Select(h => h!["cosine"]!.GetValue<double>()).OrderDescending(), hits.Select(h => h!["cosine"]!.GetValue<double>()));

        var again = await TemperProcess.RunAsync(search);
        Assert.Equal(output, again.Output);
        Assert.DoesNotContain("made now", again.Errors);
    }

    [Fact]
    public async Task A_search_without_a_model_says_how_to_name_one()
    {
        using var world = new TinyWorld();
        using var server = await TemperProcess.UpAsync(world.Home());
        Assert.Equal(0, (await world.UploadAsync(server.Address)).Exit);
        using var client = server.Client();
        await TinyWorld.SettleAsync(client, jobs => jobs.Count == 1);
        var (exit, _, errors) = await TemperProcess.RunAsync(["data", "search", "chats", "box", "--server", server.Address.AbsoluteUri, "--home", world.Home("elsewhere")]);
        Assert.Equal(2, exit);
        Assert.Contains("--model REF", errors);
    }
}
