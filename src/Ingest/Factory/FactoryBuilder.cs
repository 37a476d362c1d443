using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;

namespace Temper.Ingest;

/// <summary>
/// Builds the datasets of a configuration in their order: opens each backend, lists it, and sends what is new through the upload API into ingestion.
/// A dataset whose files and configuration are those of its newest version is left as it is. One that fails takes those with it that need it; the others go on.
/// </summary>
/// <param name="opener">Opens backends.</param>
/// <param name="registry">Where uploads go; null for a dry run.</param>
/// <param name="scratch">Folder for what is known of items, and for dry runs.</param>
/// <param name="options">As a worker's, for dry runs.</param>
/// <param name="clock">Time.</param>
public sealed class FactoryBuilder(BackendOpener opener, RegistryClient? registry, string scratch, IngestOptions options, TimeProvider clock)
{
    private readonly BuildMeter _meter = new(clock);
    private readonly ItemMemo _memo = new(Path.Combine(scratch, "items"));

    /// <summary>Builds all of them. Faults of datasets are in the result; only cancelling throws.</summary>
    public async Task<BuildResult> BuildAsync(FactoryConfig config, IProgress<BuildProgress> progress, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(config);
        var built = new List<BuiltDataset>();
        var pairings = new List<PairingReport>();
        foreach (var entry in config.Order)
        {
            var broken = entry.Edges.Select(e => e.To).FirstOrDefault(to => built.Any(b => b.Id == to && b.Action is BuildAction.Failed or BuildAction.Skipped));
            var result = broken is not null
                ? new(entry.Id, entry.Type, entry.Backend.Type, BuildAction.Skipped) { Problems = [new("CFG_UNKNOWN_DATASET", $"'{entry.Id}' needs '{broken}', which was not built.")] }
                : await TryAsync(entry, config, entry.Edges.Any(e => e.Key is "contamination" or "dedup_against" && built.Any(b => b.Id == e.To && b.Action == BuildAction.Built)), progress, ct).ConfigureAwait(false);
            built.Add(result);
            BuildMeter.Count(entry.Backend.Type);
        }
        foreach (var (source, conditioning) in PairingCheck.PairsOf(config).Where(p => built.All(b => (b.Id != p.Source.Id && b.Id != p.Conditioning.Id) || b.Action is not (BuildAction.Failed or BuildAction.Skipped))))
            pairings.Add(await new PairingCheck(opener).RunAsync(source, conditioning, ct).ConfigureAwait(false));
        return new(config.File, built, _meter.Stages, Counts(config), pairings);
    }

    private static SortedDictionary<string, int> Counts(FactoryConfig config) =>
        new(config.Order.GroupBy(e => e.Backend.Type).ToDictionary(g => g.Key, g => g.Count()), StringComparer.Ordinal);

    private DatasetBuild Facts(FactoryConfig config, BuiltDataset result, string address) =>
        new(result.Backend, address, result.Items, result.Bytes, result.Sent, Counts(config), [.. _meter.Stages.Where(s => s.Dataset == result.Id)]);

    private async Task<BuiltDataset> TryAsync(DatasetEntry entry, FactoryConfig config, bool anew, IProgress<BuildProgress> progress, CancellationToken ct)
    {
        var result = new BuiltDataset(entry.Id, entry.Type, entry.Backend.Type, BuildAction.Failed);
        if (entry is not DataEntry data)
            return result with { Action = BuildAction.Store };
        if (data.Config.Modality == Modality.Video)
            return result with { Problems = [FilmProbe.Unavailable(entry.Id, config.File, entry.Line)] };
        try
        {
            await using var backend = await _meter.StageAsync(entry, "init", () => opener.OpenAsync(entry, ct)).ConfigureAwait(false);
            var listed = await _meter.StageAsync(entry, "config", () => ListedDataset.OfAsync(data, backend, _memo, progress, ct)).ConfigureAwait(false);
            result = result with { Items = listed.Items.Count, Bytes = listed.Bytes, Hashed = listed.Hashed, LeftOut = listed.LeftOut };
            result = await _meter.StageAsync(entry, "build", () => registry is null ? CheckAsync(data, backend, listed, result, ct) : SendAsync(registry, data, backend, listed, result, anew, progress, ct)).ConfigureAwait(false);
            if (registry is not null && result is { Work: not null, Version: { } version })
                await registry.Datasets.TellBuildAsync(ResourceName.Parse(entry.Id), version, Facts(config, result, backend.Address), ct).ConfigureAwait(false);
            return result;
        }
        catch (TemperException e)
        {
            return result with { Problems = [.. e.Problems.Select(p => p with { File = p.File ?? config.File, Line = p.Line ?? (p.File is null ? entry.Line : null) })] };
        }
    }

    /// <summary>Where <paramref name="anew"/>, a dataset that it is held against has another version now, so that even the same files may be judged otherwise.</summary>
    private async Task<BuiltDataset> SendAsync(RegistryClient server, DataEntry entry, IDataBackend backend, ListedDataset listed, BuiltDataset result, bool anew, IProgress<BuildProgress> progress, CancellationToken ct)
    {
        var upload = new DatasetUpload(server, clock);
        if (!anew && await upload.FindSameAsync(ResourceName.Parse(entry.Id), listed, ct).ConfigureAwait(false) is { } same)
            return result with { Action = BuildAction.Unchanged, Version = same.Version, Ledger = same.Ledger, Problems = same.Problems };
        var (job, sent) = await upload.RunAsync(ResourceName.Parse(entry.Id), backend, listed, progress, ct).ConfigureAwait(false);
        result = result with { Work = job.Id, Sent = sent };
        if (job.Outcome?.Version is not { } number || await server.Datasets.FindAsync(ResourceName.Parse(entry.Id), number, ct).ConfigureAwait(false) is not { } version)
            return result with { Problems = job.Errors.Count > 0 ? job.Errors : [new("internal", $"Ingestion of '{entry.Id}' ended as {job.State} without a version.")] };
        return result with { Action = version.Sealed ? BuildAction.Built : BuildAction.Failed, Version = version.Version, Ledger = version.Ledger, Problems = version.Problems };
    }

    /// <summary>Every stage but embedding, on a copy that is removed in the end.</summary>
    private async Task<BuiltDataset> CheckAsync(DataEntry entry, IDataBackend backend, ListedDataset listed, BuiltDataset result, CancellationToken ct)
    {
        var folder = Path.Combine(scratch, "check-" + Ulid.New(clock));
        try
        {
            await DatasetCopy.WriteAsync(backend, listed, Path.Combine(folder, "data"), ct).ConfigureAwait(false);
            var check = await DatasetCheck.RunAsync(Path.Combine(folder, "data"), Path.Combine(folder, "blobs"), options, clock, ct).ConfigureAwait(false);
            return result with { Action = check.Result.Sealed ? BuildAction.Checked : BuildAction.Failed, Ledger = check.Result.Ledger, Problems = check.Result.Problems };
        }
        finally
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
    }
}
