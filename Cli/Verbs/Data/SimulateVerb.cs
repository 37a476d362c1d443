using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Temper.Cli.Output;
using Temper.Core.Errors;
using Temper.Core.Json;
using Temper.Training.Sampling;

namespace Temper.Cli.Verbs.Data;

internal static class SimulateVerb
{
    public static Command Build()
    {
        var file = new DataConfigFile();
        var sizes = new Option<string[]>("--size") { Description = "Items of a dataset, or of one bucket of it; instead of asking the registry; may be repeated", HelpName = "ID[/BUCKET]=N", AllowMultipleArgumentsPerToken = false };
        var draws = Whole("--draws", 20, 0, "Draws to print");
        var epochs = Whole("--epochs", 1, 1, "Epochs to walk through");
        var steps = new Option<int?>("--steps") { Description = "Stop after so many optimizer steps", HelpName = "N" };
        var resume = new Option<string?>("--resume") { Description = "Begin where a saved data state stands: the state of an earlier --json, or state.json of a checkpoint", HelpName = "FILE" };
        var force = new Option<bool>("--force-data-state") { Description = "Begin there also when the state is of other data or settings, with what fits" };
        var command = file.AddTo(new Command("simulate", """
            Show in which order training will draw from the datasets of a recipe or configuration, without training: the first draws, the share of each
            dataset beside the one asked for, the steps of an epoch, how much of it is covered (exactly 1), and what is carried, padded or left out.
            Numbers of records come from --size, from `expect.min_records` of a configuration, or from the registry.

            Examples:
              temper data simulate recipe.yaml
              temper data simulate datasets.yaml --size chats=9000 --size code=500 --draws 50 --json
              temper data simulate images.json --size photos/1.00=400 --size photos/0.75=90 --batch 16
            """) { sizes, draws, epochs, steps, resume, force });
        var changes = new MixOptions(command);
        command.SetAction((parsed, ct) => RunAsync(parsed, new(file, new(parsed.GetValue(sizes) ?? []), mix => changes.Apply(parsed, mix)),
            new(parsed.GetValue(draws), parsed.GetValue(epochs), parsed.GetValue(steps)), parsed.GetValue(resume), parsed.GetValue(force), ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, MixSource source, Walk walk, string? resume, bool force, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        var (mix, from, steps, epochs) = await source.ReadAsync(parsed, ct);
        MixChecks.EveryBucketHasBatches(mix, epochs ?? walk.Epochs);
        if (steps is { } last)
            new EpochLengths(mix).Simulate(last);
        var sampler = resume is null ? new Sampler(mix) : Sampler.Resume(mix, await StateAsync(resume, ct), force);
        var found = Simulation.Of(sampler, walk.Draws, walk.Epochs, walk.Steps);
        var stopped = walk.Stopped(mix, found);
        if (terminal.Json)
        {
            var document = JsonSerializer.SerializeToNode(found, Wire.Json)!.AsObject();
            document["sizes_from"] = JsonSerializer.SerializeToNode(from, Wire.Json);
            document["stopped_by"] = stopped;
            terminal.Document(document);
        }
        SimulateView.Show(terminal, mix, found, from, stopped);
        var wrong = found.Datasets.Where(d => Math.Abs(d.Sigma) > 3).ToArray();
        foreach (var dataset in wrong)
            terminal.Note($"{dataset.Id} is {dataset.Sigma.ToString("0.0", CultureInfo.InvariantCulture)} standard deviations from its share");
        return wrong.Length == 0 ? 0 : 1;
    }

    private static async Task<SamplerState> StateAsync(string file, CancellationToken ct)
    {
        var bytes = await SettingsFile.ReadAsync(file, "Name a file with a data state.", ct);
        try
        {
            var root = JsonSerializer.Deserialize<JsonElement>(bytes);
            foreach (var name in new[] { "state", "data" })
                if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var inner))
                    root = inner;
            return root.Deserialize<SamplerState>(Wire.Strict)!;
        }
        catch (JsonException e)
        {
            throw new TemperException("data_state_invalid", $"{file} holds no data state: {e.Message}", inner: e);
        }
    }

    private static Option<int> Whole(string name, int absent, int least, string description)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => absent, HelpName = "N" };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < least)
                result.AddError($"{name} must be {least} or more.");
        });
        return option;
    }

    private sealed record Walk(int Draws, int Epochs, int? Steps)
    {
        /// <summary>The limit at which the walk stopped, in words.</summary>
        public string Stopped(Mix mix, Simulation found) => found.Steps == Steps ? $"--steps {Steps}"
            : !found.Whole ? $"--draws {Draws}: {(mix.StopOn == StopOn.MaxSteps ? "stop_on: max_steps has no end of its own" : "its epochs have too many items to count one by one")}"
            : found.Draws.Count == Draws && found.StepsPerEpoch.Count > Epochs ? $"--draws {Draws}" : $"--epochs {Epochs}";
    }
}
