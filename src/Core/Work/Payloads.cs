using System.Text.Json;
using System.Text.Json.Serialization;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;

namespace Temper.Core.Work;

/// <summary>An uploaded file and the blob that holds it.</summary>
/// <param name="Path">As the client named it.</param>
/// <param name="Key">Blob key.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Sha256">Verified when the upload was completed.</param>
public sealed record UploadedFile(string Path, string Key, long Size, Digest Sha256)
{
    /// <summary>Version of the blob whose bytes were verified; every read is pinned to it. Null in rows that were queued before it was kept.</summary>
    public string? Version { get; init; }
}

/// <summary>Payload of <see cref="WorkKind.Ingest"/>.</summary>
/// <param name="Dataset">Where it goes.</param>
/// <param name="Upload">The finished upload.</param>
/// <param name="Files">Its files, sorted by path in ordinal order.</param>
public sealed record IngestPayload(ResourceName Dataset, string Upload, IReadOnlyList<UploadedFile> Files);

/// <summary>What ingestion sealed or rejected. The files lie under <c>datasets/{name}/{version_key}/</c>.</summary>
/// <param name="Dataset">Its name.</param>
/// <param name="VersionKey">Same upload and configuration, same key: the registry keeps one version per key.</param>
/// <param name="Sealed">False when the version is rejected; <paramref name="Problems"/> says why.</param>
/// <param name="Ledger">Closes, also when rejected.</param>
/// <param name="Codes">Records per code.</param>
/// <param name="Files">All files of the version, the manifest among them.</param>
/// <param name="Problems">Why it was rejected, or what is worth knowing.</param>
public sealed record IngestResult(ResourceName Dataset, string VersionKey, bool Sealed, Ledger Ledger, SortedDictionary<string, long> Codes,
    IReadOnlyList<FileEntry> Files, IReadOnlyList<Problem> Problems);

/// <summary>A dataset version as a job uses it: nothing in it can change.</summary>
/// <param name="Name">The dataset.</param>
/// <param name="Version">Number, 1 and up.</param>
/// <param name="VersionKey">Folder under <c>datasets/{name}/</c>.</param>
/// <param name="Commit">Commit in the registry.</param>
/// <param name="Manifest">SHA-256 of <c>manifest.json</c>.</param>
public sealed record DatasetPin(ResourceName Name, int Version, string VersionKey, Digest Commit, Digest Manifest);

/// <summary>The version whose quarantined lines an upload corrects: its <c>temper-requeue.json</c>. Of a sealed version it is a <see cref="DatasetPin"/>.</summary>
/// <param name="Name">The dataset.</param>
/// <param name="Version">Number, 1 and up.</param>
/// <param name="VersionKey">Folder under <c>datasets/{name}/</c>.</param>
/// <param name="Commit">Commit in the registry; null of a rejected version.</param>
/// <param name="Manifest">SHA-256 of <c>manifest.json</c>; null of a rejected version.</param>
public sealed record RequeueTarget(ResourceName Name, int Version, string VersionKey, Digest? Commit = null, Digest? Manifest = null);

/// <summary>A model version as a job or a server uses it: nothing in it can change.</summary>
/// <param name="Name">The model.</param>
/// <param name="Version">Number, 1 and up.</param>
/// <param name="Commit">Commit in the registry.</param>
/// <param name="Digest">Identity of its files: <see cref="ModelDigest"/>.</param>
/// <param name="Files">All of them, sorted by path.</param>
/// <param name="Base">For an adapter: the model it changes.</param>
public sealed record ModelPin(ResourceName Name, int Version, Digest Commit, Digest Digest, IReadOnlyList<FileEntry> Files, ModelPin? Base = null)
{
    /// <summary>Where the files are a checkpoint's of a job that need not have ended: its job and step. Then there is no version and no commit.</summary>
    public CheckpointPin? Checkpoint { get; init; }
}

/// <summary>A checkpoint of a job.</summary>
/// <param name="Job">The job.</param>
/// <param name="Step">Optimizer steps done.</param>
public sealed record CheckpointPin(WorkId Job, int Step);

/// <summary>Payload of <see cref="WorkKind.Train"/>: everything is pinned when the job is made.</summary>
/// <param name="Recipe">The recipe as the user wrote it, as JSON.</param>
/// <param name="RecipeDigest">SHA-256 of its canonical JSON.</param>
/// <param name="Base">The model to train.</param>
/// <param name="Dataset">The data to train on.</param>
/// <param name="Output">Model that gets the new version.</param>
/// <param name="Datasets">Where the recipe names several: all of them in its order, <paramref name="Dataset"/> among them; null: only that one.</param>
public sealed record TrainPayload(JsonElement Recipe, Digest RecipeDigest, ModelPin Base, DatasetPin Dataset, ResourceName Output, IReadOnlyList<DatasetPin>? Datasets = null)
{
    /// <summary>What is trained on, in the recipe's order.</summary>
    [JsonIgnore]
    public IReadOnlyList<DatasetPin> All => Datasets ?? [Dataset];

    /// <summary>The sweep that the job is a trial of; null: none.</summary>
    public SweepMark? Sweep { get; init; }

    /// <summary>What is measured, where the recipe names a dataset for that; null: records are held out, or none.</summary>
    public DatasetPin? Validation { get; init; }

    /// <summary>Everything that is read: <see cref="All"/>, then <see cref="Validation"/>.</summary>
    [JsonIgnore]
    public IReadOnlyList<DatasetPin> Read => Validation is null ? All : [.. All, Validation];
}

/// <summary>What a job made. The files lie under <c>runs/{job}/{fence}/result/</c>; the registry copies them into a commit.</summary>
/// <param name="Files">All files of the new version, sorted by path; for an adapter its tokenizer and template come from the base.</param>
/// <param name="Adapter">True when the files are an adapter of the base, false when they are a whole model.</param>
/// <param name="Steps">Optimizer steps done.</param>
/// <param name="FinalLoss">Loss of the last step.</param>
/// <param name="EvalLoss">Loss on the held-out split, where there is one.</param>
/// <param name="NumericsId">Which arithmetic produced the bits.</param>
/// <param name="CodeVersion">Product version and commit that trained.</param>
/// <param name="Metadata">Free facts for the model's page.</param>
/// <param name="Substituted">Records that could not be read in training and what stood in for them; null for none.</param>
/// <param name="Plugins">Plug-ins whose parts the run used; null for none.</param>
public sealed record TrainResult(IReadOnlyList<FileEntry> Files, bool Adapter, int Steps, double FinalLoss, double? EvalLoss, string NumericsId,
    string CodeVersion, JsonElement? Metadata, IReadOnlyList<Substitution>? Substituted = null, IReadOnlyList<PluginPin>? Plugins = null)
{
    /// <summary>Another job's checkpoint that training began with; null: it began with the base.</summary>
    public CheckpointPin? From { get; init; }
}
