using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Training.Data;
using Temper.Training.Planning;
using Temper.Training.Recipes;
using Temper.Training.Sampling;

namespace Temper.Cli.Verbs.Data;

/// <summary>A mix from a file that names datasets, with their sizes from the command line or the registry.</summary>
/// <param name="File">Recipe or dataset configuration.</param>
/// <param name="Sizes">ID=N and ID/BUCKET=N.</param>
/// <param name="Batch">Instead of the recipe's.</param>
/// <param name="Seed">Instead of the recipe's.</param>
internal sealed record MixSource(string File, string[] Sizes, int? Batch, int? Seed)
{
    /// <summary>The mix, and the steps or epochs of the run where the file says.</summary>
    public async Task<(Mix Mix, int? Steps, int? Epochs)> ReadAsync(ParseResult parsed, CancellationToken ct)
    {
        if (!System.IO.File.Exists(File))
            throw new TemperException("not_found", $"{Path.GetFullPath(File)} does not exist.", "Name a recipe or a dataset configuration.");
        var recipe = RecipeReader.Read(await System.IO.File.ReadAllTextAsync(File, ct), File);
        var entries = recipe.Data.Datasets ?? (recipe.Data.Train is { } one ? [new DatasetEntry(one)]
            : throw new TemperException([new Problem("requires", "The recipe names no dataset.") { File = File, Path = "data.train", Hint = "Add data.train: NAME." }]));
        var given = Given(entries.Select(e => e.Name));
        using var registry = entries.All(e => given.ContainsKey(e.Name)) ? null : GlobalOptions.Connect(parsed);
        var (parts, buckets) = (new List<DataPart>(), new List<IReadOnlyList<MixBucket>>());
        foreach (var entry in entries)
        {
            var (version, of) = given.TryGetValue(entry.Name, out var sized) ? (Digest.OfText(entry.Name), sized) : await AskAsync(registry!, entry.Dataset, ct);
            parts.Add(new(entry.Name, version, 0) { Entry = entry });
            buckets.Add(entry.MaxNumSamples is { } most && of is [{ Name: "" } all] ? [all with { Items = Math.Min(all.Items, most) }] : of);
        }
        var mix = DataMix.Of(recipe, parts, buckets);
        return (mix with { Batch = Batch ?? mix.Batch, Seed = (ulong?)Seed ?? mix.Seed }, recipe.Training.MaxSteps,
            recipe.Training is { MaxSteps: null, NumTrainEpochs: { } epochs } ? (int)Math.Ceiling(epochs) : null);
    }

    private static async Task<(Digest Version, IReadOnlyList<MixBucket> Buckets)> AskAsync(RegistryClient registry, string reference, CancellationToken ct)
    {
        var pin = await registry.Datasets.ResolveAsync(reference, ct);
        var version = await registry.Datasets.FindAsync(pin.Name, pin.Version, ct) ?? throw new TemperException("not_found", $"There is no {pin.Name}:{pin.Version}.");
        return (pin.Manifest, await BucketsAsync(registry, version, ct) ?? [new("", version.Ledger.Accepted)]);
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

    /// <summary>What --size says, by dataset.</summary>
    private Dictionary<string, IReadOnlyList<MixBucket>> Given(IEnumerable<string> known)
    {
        var sizes = new Dictionary<string, List<MixBucket>>(StringComparer.Ordinal);
        var ids = known.ToArray();
        foreach (var text in Sizes)
        {
            var equals = text.LastIndexOf('=');
            var name = equals < 0 ? text : text[..equals];
            var slash = name.IndexOf('/', StringComparison.Ordinal);
            var (id, bucket) = slash < 0 ? (name, "") : (name[..slash], name[(slash + 1)..]);
            if (equals < 1 || !long.TryParse(text.AsSpan(equals + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var items) || items < 1)
                throw new TemperException("usage", $"--size {text}: expected ID=N or ID/BUCKET=N with N from 1 up.", "For example --size chats=9000.");
            if (!ids.Contains(id))
                throw new TemperException("usage", $"--size {text}: the file has no dataset '{id}'.", $"It has {string.Join(", ", ids)}.");
            if (!sizes.TryGetValue(id, out var list))
                sizes[id] = list = [];
            if (list.Any(b => b.Name == bucket || b.Name.Length == 0 || bucket.Length == 0))
                throw new TemperException("usage", $"--size {text}: '{id}' already has a size.", "Give one size for the dataset, or one for each bucket.");
            list.Add(new(bucket, items));
        }
        return sizes.ToDictionary(s => s.Key, s => (IReadOnlyList<MixBucket>)s.Value);
    }
}
