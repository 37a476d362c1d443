using System.Text.Json.Nodes;
using Temper.Testing;

namespace Temper.Hosts.Tests;

/// <summary><c>temper data simulate</c> with the real program and no server.</summary>
public sealed class SimulateVerbTests : IDisposable
{
    private const string Recipe = """
        datasets:
          - chats
          - {dataset: code, repeats: 1, probability: 2}
        training: {num_train_epochs: 2, per_device_train_batch_size: 8, gradient_accumulation_steps: 2}
        """;

    private static readonly string[] Sizes = ["--size", "chats=900", "--size", "code=55"];
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_prints_the_first_draws_the_shares_the_steps_and_a_coverage_of_exactly_1()
    {
        var (exit, text, errors) = await RunAsync(Recipe, [.. Sizes, "--draws", "5", "--epochs", "2"]);
        Assert.True(exit == 0, errors);
        Assert.Contains("epoch coverage exactly 1, every item counted", text, StringComparison.Ordinal);
        Assert.Contains("an epoch has 64 steps", text, StringComparison.Ordinal);
        Assert.Contains("batches of 16", text, StringComparison.Ordinal);
        var (_, json, _) = await RunAsync(Recipe, [.. Sizes, "--draws", "30", "--json"]);
        var found = JsonNode.Parse(json)!;
        Assert.Equal(30, found["draws"]!.AsArray().Count);
        Assert.Equal([1, 1, 2, 2], found["datasets"]!.AsArray().SelectMany(d => new[] { d!["buckets"]![0]!["least"]!.GetValue<int>(), d["buckets"]![0]!["most"]!.GetValue<int>() }));
        Assert.All(found["datasets"]!.AsArray(), d => Assert.InRange(d!["sigma"]!.GetValue<double>(), -3, 3));
    }

    [Fact]
    public async Task A_walk_goes_on_where_a_state_stands_and_refuses_that_of_another_mix_unless_forced()
    {
        var (_, whole, _) = await RunAsync(Recipe, [.. Sizes, "--draws", "160", "--json"]);
        var (_, first, _) = await RunAsync(Recipe, [.. Sizes, "--draws", "80", "--steps", "5", "--json"]);
        await File.WriteAllTextAsync(_folder.Of("state.json"), first);
        var (_, rest, _) = await RunAsync(Recipe, [.. Sizes, "--draws", "80", "--steps", "5", "--json", "--resume", _folder.Of("state.json")]);
        Assert.Equal(Items(whole), Items(first).Concat(Items(rest)));
        string[] other = ["--size", "chats=900", "--size", "code=56", "--resume", _folder.Of("state.json")];
        var (exit, _, errors) = await RunAsync(Recipe, other);
        Assert.Equal(6, exit);
        Assert.Contains("datasets.code items 55; probability 2; repeats 1; this run has items 56", errors, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync(Recipe, [.. other, "--force-data-state"])).Exit);
    }

    [Fact]
    public async Task Buckets_that_make_no_batch_and_gaps_in_the_schedule_are_named()
    {
        var (exit, _, errors) = await RunAsync("data: {train: [photos]}\ntraining: {num_train_epochs: 1}", ["--size", "photos/1.00=40", "--size", "photos/0.75=3", "--batch", "16"]);
        Assert.Equal(2, exit);
        Assert.Contains("'0.75' 3 items, 0 batches, needs repeats 5", errors, StringComparison.Ordinal);
        var (gap, _, said) = await RunAsync("data: {train: [{dataset: a, end_step: 3}, {dataset: b, start_step: 9}]}", ["--size", "a=100", "--size", "b=100"]);
        Assert.Equal(2, gap);
        Assert.Contains("'b' still has 100 items and begins after step 9", said, StringComparison.Ordinal);
        var (usage, _, hint) = await RunAsync(Recipe, ["--size", "chat=5"]);
        Assert.Equal(2, usage);
        Assert.Contains("It has chats, code", hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_configuration_of_datasets_is_simulated_without_its_data()
    {
        const string Config = """
            version: 1
            datasets:
              - {id: chats, dataset_type: text, instance_data_dir: nowhere, expect: {min_records: 300}, probability: 2}
              - {id: old, dataset_type: text, instance_data_dir: nowhere, disabled: true}
              - {id: more, dataset_type: text, instance_data_dir: nowhere, repeats: 1, max_num_samples: 40}
            """;
        var (exit, json, errors) = await RunAsync(Config, ["--size", "more=90", "--batch", "10", "--sampling", "uniform", "--json"]);
        Assert.True(exit == 0, errors);
        var found = JsonNode.Parse(json)!;
        Assert.Equal(["chats 300", "more 80"], found["datasets"]!.AsArray().Select(d => $"{d!["id"]} {d["seen"]}"));
        Assert.Equal((38, 1.0), (found["steps_per_epoch"]![0]!.GetValue<int>(), found["coverage"]!.GetValue<double>()));
        var (usage, _, said) = await RunAsync(Config, ["--size", "more=90", "--sampling", "by_chance"]);
        Assert.Equal(2, usage);
        Assert.Contains("--sampling takes one of auto_weighting", said, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Items(string json) => JsonNode.Parse(json)!["draws"]!.AsArray().Select(d => $"{d!["step"]} {d["dataset"]} {d["item"]} {d["pass"]}");

    private async Task<(int Exit, string Out, string Errors)> RunAsync(string recipe, string[] arguments)
    {
        await File.WriteAllTextAsync(_folder.Of("recipe.yaml"), recipe);
        return await TemperProcess.RunAsync(["data", "simulate", _folder.Of("recipe.yaml"), .. arguments]);
    }
}
