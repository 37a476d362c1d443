using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Core.Ids;
using Temper.Core.Work;

namespace Temper.Core.Registry;

/// <summary>A model in a list.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Versions">How many versions it has.</param>
/// <param name="Aliases">Alias to version; <c>latest</c> among them.</param>
/// <param name="UpdatedMs">Milliseconds since 1970, UTC.</param>
public sealed record ModelInfo(ResourceName Name, int Versions, SortedDictionary<string, int> Aliases, long UpdatedMs);

/// <summary>One version of a model.</summary>
/// <param name="Pin">Name, number, commit, digest, files and base.</param>
/// <param name="Lineage">What it was made from; null for an imported one.</param>
/// <param name="Metrics">Last values: final_loss, eval_loss…</param>
/// <param name="Metadata">Free facts.</param>
/// <param name="Aliases">Aliases that stand on it now.</param>
/// <param name="Traceparent">Trace that it belongs to.</param>
/// <param name="CreatedMs">Milliseconds since 1970, UTC.</param>
public sealed record ModelVersionInfo(ModelPin Pin, Lineage? Lineage, SortedDictionary<string, double> Metrics, JsonElement? Metadata,
    IReadOnlyList<string> Aliases, string? Traceparent, long CreatedMs);

/// <summary>Exactly what a model version was made from: enough to make it again, bit for bit.</summary>
/// <param name="Job">The job.</param>
/// <param name="Dataset">Dataset commit.</param>
/// <param name="Base">Base model.</param>
/// <param name="RecipeDigest">SHA-256 of the recipe's canonical JSON.</param>
/// <param name="CodeVersion">Product version and commit that trained.</param>
/// <param name="NumericsId">Which arithmetic produced the bits.</param>
/// <param name="Datasets">Where there are several: all of them, in the recipe's order, the first one of them being <paramref name="Dataset"/> or the one that started the job.</param>
/// <param name="Substituted">Records that could not be read in training and what stood in for them; null for none.</param>
/// <param name="Plugins">Plug-ins whose parts the run used; null for none.</param>
public sealed record Lineage(WorkId Job, DatasetPin Dataset, ModelPin Base, Digest RecipeDigest, string CodeVersion, string NumericsId,
    IReadOnlyList<DatasetPin>? Datasets = null, IReadOnlyList<Substitution>? Substituted = null, IReadOnlyList<PluginPin>? Plugins = null)
{
    /// <summary>The sweep that the job is a trial of; null: none.</summary>
    public SweepMark? Sweep { get; init; }

    /// <summary>The dataset that was measured; null: records were held out, or none.</summary>
    public DatasetPin? Validation { get; init; }

    /// <summary>Another job's checkpoint that training began with; null: it began with the base.</summary>
    public CheckpointPin? From { get; init; }
}

/// <summary>A plug-in that a run used: another one of its name may give other bits.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Digest">Of its files.</param>
/// <param name="Parts">What of it was used, such as <c>schedule triangle</c>.</param>
public sealed record PluginPin(string Name, string Version, Digest Digest, IReadOnlyList<string> Parts);

/// <summary>A record that could not be read in training, and the one that was used in its place.</summary>
/// <param name="Step">Optimizer step, 1 and up.</param>
/// <param name="Dataset">Id of the dataset in the recipe.</param>
/// <param name="Record">Which record: identity, file and line where they are known.</param>
/// <param name="By">Identity of the record in its place.</param>
/// <param name="Code">Why it could not be read.</param>
public sealed record Substitution(int Step, string Dataset, string Record, Digest By, string Code);

/// <summary>Moves an alias if it still stands where the caller saw it.</summary>
/// <param name="Version">Where it shall stand.</param>
/// <param name="Expected">Where the caller saw it; null: nowhere.</param>
public sealed record AliasMove(int Version, int? Expected);
