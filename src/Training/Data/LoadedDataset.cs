using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Training.Recipes;

namespace Temper.Training.Data;

/// <summary>A dataset of a run, read and verified.</summary>
/// <param name="Entry">What the recipe says of it.</param>
/// <param name="Version">Digest of its manifest.</param>
/// <param name="Records">Those that are used, in the version's order.</param>
public sealed record LoadedDataset(DatasetEntry Entry, Digest Version, IReadOnlyList<CanonicalRecord> Records)
{
    /// <summary>Whether it is only measured, and not trained on.</summary>
    public bool Measured { get; init; }

    /// <summary>Reads all datasets of a job, in the recipe's order; last the one that is only measured, where there is one.</summary>
    /// <exception cref="TemperException"><c>dataset_corrupt</c>; <c>mix_invalid</c>: the job has other datasets than its recipe.</exception>
    public static async Task<IReadOnlyList<LoadedDataset>> ReadAsync(IBlobStore blobs, IReadOnlyList<DatasetPin> pins, Recipe recipe, CancellationToken ct)
    {
        var measured = recipe.Data.ValidationDataset;
        DatasetEntry[] entries = [.. recipe.Data.Datasets ?? [new DatasetEntry(pins[0].Name.ToString())], .. measured is null ? [] : (DatasetEntry[])[new(measured)]];
        if (entries.Length != pins.Count)
            throw new TemperException("mix_invalid", $"The recipe names {entries.Length} datasets, and the job has {pins.Count}: {string.Join(", ", pins.Select(p => p.Name))}.", "Start the job with the recipe's own list.");
        var loaded = new List<LoadedDataset>();
        foreach (var (entry, pin) in entries.Zip(pins))
        {
            var records = await SealedDataset.ReadAsync(blobs, pin, ct).ConfigureAwait(false);
            loaded.Add(new(entry, pin.Manifest, entry.MaxNumSamples is { } most ? Subset(entry.Name, records, most) : records) { Measured = measured is not null && loaded.Count == entries.Length - 1 });
        }
        return loaded;
    }

    /// <summary>Those that are trained on, then the one that is only measured, where there is one.</summary>
    internal static IReadOnlyList<LoadedDataset> InOrder(IReadOnlyList<LoadedDataset> datasets) => [.. datasets.OrderBy(dataset => dataset.Measured)];

    /// <summary>What a run's data is: the manifest's digest, or that of all manifests in order.</summary>
    public static Digest Identity(IReadOnlyList<DatasetPin> pins) => pins.Count == 1 ? pins[0].Manifest : Digest.OfText(string.Join('\n', pins.Select(p => p.Manifest)));

    /// <summary>The <paramref name="most"/> records with the smallest hashes of (id, record), in their own order: when records are added, few of the chosen ones change.</summary>
    public static IReadOnlyList<CanonicalRecord> Subset(string id, IReadOnlyList<CanonicalRecord> records, int most)
    {
        if (records.Count <= most)
            return records;
        var chosen = records.Select((record, i) => (Hash: Digest.OfText($"subset {id} {record.RecId}"), Index: i)).Order().Take(most).Select(x => x.Index).ToHashSet();
        return [.. records.Where((_, i) => chosen.Contains(i))];
    }
}
