using System.CommandLine;
using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Ingest;
using Temper.Training.Data;
using Temper.Training.Planning;
using Temper.Training.Recipes;
using Temper.Training.Sampling;

namespace Temper.Cli.Verbs.Data;

/// <summary>A mix, how long the run is where its file says, and where each dataset's number of items comes from.</summary>
internal sealed record FoundMix(Mix Mix, IReadOnlyDictionary<string, string> SizesFrom, int? Steps = null, int? Epochs = null);

/// <summary>Items of a dataset.</summary>
/// <param name="Version">What the order of its items depends on.</param>
/// <param name="Buckets">How many there are, by bucket.</param>
/// <param name="From">Who says so, for people.</param>
internal sealed record FoundSize(Digest Version, IReadOnlyList<MixBucket> Buckets, string From)
{
    /// <summary>Which records a subset takes is known when they are read, so of buckets it is not known here.</summary>
    public FoundSize AtMost(long? most) => most is { } limit && Buckets is [{ Name: "" } all] && all.Items > limit ? this with { Buckets = [all with { Items = limit }], From = $"max_num_samples of {all.Items} ({From})" } : this;
}

/// <summary>A mix from a file that names datasets, with their sizes from the command line, the file or the registry.</summary>
/// <param name="File">The file, and how configurations are read.</param>
/// <param name="Sizes">What --size says.</param>
/// <param name="Change">What else the command line says instead of the file.</param>
internal sealed record MixSource(DataConfigFile File, MixSizes Sizes, Func<Mix, Mix> Change)
{
    private const int Batch = 4;

    public async Task<FoundMix> ReadAsync(ParseResult parsed, CancellationToken ct)
    {
        var name = File.Name(parsed);
        var bytes = await SettingsFile.ReadAsync(name, "Name a recipe or a configuration of datasets.", ct);
        var text = System.Text.Encoding.UTF8.GetString(bytes);
        var found = IsConfiguration(text)
            ? await OfConfigurationAsync(parsed, FactoryConfig.Read(bytes, name, File.Context(parsed, BackendKinds.BuiltIn) with { Root = null }), ct)
            : await OfRecipeAsync(parsed, RecipeReader.Read(text, name, PluginsVerb.Parts(parsed)), name, ct);
        return found with { Mix = Change(found.Mix) };
    }

    /// <summary>A list at the root, or datasets that say of what type they are, which those of a recipe never do.</summary>
    private static bool IsConfiguration(string text) => text.AsSpan().TrimStart().TrimStart('\uFEFF').TrimStart() is ['[', ..] or ['-', ' ', ..] || text.Contains("dataset_type", StringComparison.Ordinal);

    private async Task<FoundMix> OfRecipeAsync(ParseResult parsed, Recipe recipe, string file, CancellationToken ct)
    {
        var entries = recipe.Data.Datasets ?? (recipe.Data.Train is { } one ? [new Temper.Training.Recipes.DatasetEntry(one)]
            : throw new TemperException([new Problem("requires", "The recipe names no dataset.") { File = file, Path = "data.train", Hint = "Add data.train: NAME." }]));
        var (parts, buckets, from) = (new List<DataPart>(), new List<IReadOnlyList<MixBucket>>(), new Dictionary<string, string>());
        foreach (var entry in entries)
        {
            var size = (await SizeAsync(parsed, entry.Name, entry.Dataset, null, [.. entries.Select(e => e.Name)], ct)).AtMost(entry.MaxNumSamples);
            parts.Add(new(entry.Name, size.Version, 0) { Entry = entry });
            buckets.Add(size.Buckets);
            from[entry.Name] = size.From;
        }
        return new(DataMix.Of(recipe, parts, buckets), from, recipe.Training.MaxSteps, recipe.Training is { MaxSteps: null, NumTrainEpochs: { } epochs } ? (int)Math.Ceiling(epochs) : null);
    }

    private async Task<FoundMix> OfConfigurationAsync(ParseResult parsed, FactoryConfig config, CancellationToken ct)
    {
        DataConfigFile.Warn(GlobalOptions.Terminal(parsed), config.Warnings);
        var entries = config.Datasets.OfType<DataEntry>().Where(d => !d.Disabled && d is not (EvalEntry or ConditioningEntry)).ToArray();
        var (datasets, from) = (new List<MixDataset>(), new Dictionary<string, string>());
        foreach (var entry in entries)
        {
            var size = (await SizeAsync(parsed, entry.Id, entry.Id, entry.Config.Expect.MinRecords, [.. entries.Select(e => e.Id)], ct)).AtMost(entry.Config.MaxSamples);
            from[entry.Id] = size.From;
            datasets.Add(new(entry.Id, size.Version, size.Buckets)
            {
                Probability = (decimal)entry.Sampling.Probability,
                Repeats = entry.Sampling.Repeats,
                StartEpoch = entry.Sampling.StartEpoch,
                EndEpoch = entry.Sampling.EndEpoch,
                StartStep = checked((int)entry.Sampling.StartStep),
                EndStep = checked((int?)entry.Sampling.EndStep),
            });
        }
        return new(new() { Seed = 42, Batch = entries.Select(e => e.Sampling.TrainBatchSize).FirstOrDefault(b => b is not null) ?? Batch, Datasets = datasets }, from);
    }

    private async Task<FoundSize> SizeAsync(ParseResult parsed, string id, string reference, long? expected, IReadOnlyList<string> known, CancellationToken ct)
    {
        if (Sizes.Of(id, known) is { } given)
            return new(Digest.OfText(id), given, "--size");
        if (expected is > 0)
            return new(Digest.OfText(id), [new("", expected.Value)], "expect.min_records");
        try
        {
            using var registry = GlobalOptions.Connect(parsed);
            var pin = await registry.Datasets.ResolveAsync(reference, ct);
            var version = await registry.Datasets.FindAsync(pin.Name, pin.Version, ct) ?? throw new TemperException("not_found", $"There is no {pin.Name}:{pin.Version}.");
            return new(pin.Manifest, await BucketsAsync(registry, version, ct) ?? [new("", version.Ledger.Accepted)], $"{pin.Name}:{pin.Version}");
        }
        catch (TemperException e) when (e.Code is "not_found" or "server_unreachable")
        {
            throw new TemperException([.. e.Problems.Select(p => p with { Hint = $"{p.Hint ?? ErrorCatalogue.Find(p.Code)?.Remedy} Or say how many items it has: --size {id}=N.".TrimStart() })], e);
        }
    }

    /// <summary>Of images: those of the version's report.</summary>
    private static async Task<IReadOnlyList<MixBucket>?> BucketsAsync(RegistryClient registry, DatasetVersionInfo version, CancellationToken ct)
    {
        if (version.Files.All(file => file.Path != DatasetManifest.ReportName))
            return null;
        await using var stream = await registry.Datasets.OpenFileAsync(version.Name, version.Version, DatasetManifest.ReportName, ct);
        var report = await JsonSerializer.DeserializeAsync<JsonElement>(stream, cancellationToken: ct);
        if (!report.TryGetProperty("images", out var images) || !images.TryGetProperty("buckets", out var buckets))
            return null;
        return [.. buckets.EnumerateArray().Select(b => new MixBucket(FormattableString.Invariant($"{b.GetProperty("width").GetInt32()}x{b.GetProperty("height").GetInt32()}"), b.GetProperty("images").GetInt64()))];
    }
}
