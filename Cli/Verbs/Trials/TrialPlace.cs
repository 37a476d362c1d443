using System.CommandLine;
using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Storage.Blobs;
using Temper.Training.Estimation;
using Temper.Training.Recipes;

namespace Temper.Cli.Verbs.Trials;

/// <summary>A run prepared on this machine as a worker would prepare it: the base in the cache of models, the datasets in a folder that goes with it.</summary>
internal sealed class TrialPlace : IDisposable
{
    private readonly string _scratch;

    private TrialPlace(string scratch, string folder, TrialRun run) => (_scratch, Folder, Run) = (scratch, folder, run);

    /// <summary>Files of the base.</summary>
    public string Folder { get; }

    public TrialRun Run { get; }

    /// <exception cref="TemperException">Everything that would keep the job from starting.</exception>
    public static async Task<TrialPlace> OpenAsync(ParseResult parsed, Recipe recipe, string file, CancellationToken ct)
    {
        var references = recipe.Data.Datasets?.Select(d => d.Dataset).ToArray() ?? (recipe.Data.Train is { } one ? [one] : []);
        var problems = new List<Problem>();
        if (recipe.ModelNameOrPath is null)
            problems.Add(new("requires", "The recipe names no base model.") { File = file, Path = "model_name_or_path", Hint = "Add model_name_or_path: NAME of a registered model, or a folder." });
        if (references.Length == 0)
            problems.Add(new("requires", "The recipe names no dataset.") { File = file, Path = "data.train", Hint = "Add data.train: NAME." });
        if (problems.Count > 0)
            throw new TemperException(problems);
        var place = await ModelPlace.FindAsync(parsed, recipe.ModelNameOrPath!, ct);
        if (place.Base is not null)
            throw new TemperException("not_supported_yet", $"{recipe.ModelNameOrPath} is an adapter; training goes on from whole models only.", "Name the model that the adapter was trained on.");
        var scratch = Directory.CreateTempSubdirectory("temper-trial-").FullName;
        try
        {
            var blobs = BlobStores.Open(scratch, TimeProvider.System);
            var pins = new List<DatasetPin>();
            using var registry = GlobalOptions.Connect(parsed);
            foreach (var reference in recipe.Data.ValidationDataset is { } measured ? [.. references, measured] : references)
            {
                pins.Add(await registry.Datasets.ResolveAsync(reference, ct));
                await FetchAsync(registry, pins[^1], blobs, ct);
            }
            return new(scratch, place.Folder, await TrialRun.PrepareAsync(recipe, place.Folder, blobs, pins, TimeProvider.System, ct));
        }
        catch
        {
            Directory.Delete(scratch, recursive: true);
            throw;
        }
    }

    public void Dispose()
    {
        Run.Dispose();
        Directory.Delete(_scratch, recursive: true);
    }

    /// <summary>The manifest and every file that it names; whoever reads them verifies them.</summary>
    private static async Task FetchAsync(RegistryClient registry, DatasetPin pin, IBlobStore blobs, CancellationToken ct)
    {
        await CopyAsync(registry, pin, DatasetManifest.FileName, blobs, ct);
        await using var stream = await blobs.OpenAsync(BlobLayout.Dataset(pin.Name, pin.VersionKey, DatasetManifest.FileName), 0, null, null, ct);
        var manifest = await JsonSerializer.DeserializeAsync<DatasetManifest>(stream, Wire.Json, ct) ?? throw new TemperException("dataset_corrupt", $"The manifest of {pin.Name}:{pin.Version} is empty.");
        foreach (var file in manifest.Shards.Concat(manifest.Images ?? []).DistinctBy(f => f.Path))
            await CopyAsync(registry, pin, file.Path, blobs, ct);
    }

    private static async Task CopyAsync(RegistryClient registry, DatasetPin pin, string path, IBlobStore blobs, CancellationToken ct)
    {
        await using var content = await registry.Datasets.OpenFileAsync(pin.Name, pin.Version, path, ct);
        await blobs.CreateAsync(BlobLayout.Dataset(pin.Name, pin.VersionKey, path), content, ct);
    }
}
