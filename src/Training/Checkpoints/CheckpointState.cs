using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Training.Sampling;

namespace Temper.Training.Checkpoints;

/// <summary><c>state.json</c> of a checkpoint: all that a run is besides weights, optimizer and log. No generator has a state to keep.</summary>
/// <param name="Format">1.</param>
/// <param name="Step">Optimizer steps done.</param>
/// <param name="Adapter">Whether the weights are an adapter's.</param>
/// <param name="Seconds">Time spent in training, of all attempts.</param>
/// <param name="Identity">What the run is made from.</param>
/// <param name="Data">Where the data of several datasets stands (docs/formats/sampler-state.md); null where the step says it all.</param>
/// <param name="Substituted">Records that could not be read and what stood in for them; null for none.</param>
/// <param name="Back">Times that the run went back from a spike of its loss; null for none. Their number chooses the order of what follows.</param>
/// <param name="From">Another job's checkpoint that the run began with; null: it began with the base.</param>
/// <param name="Recipe">The resolved recipe, so that a run that differs can be told where; null in checkpoints of earlier versions.</param>
public sealed record CheckpointState(int Format, int Step, bool Adapter, double Seconds, RunIdentity Identity, SamplerState? Data = null, IReadOnlyList<Substitution>? Substituted = null, IReadOnlyList<StepBack>? Back = null, JsonElement? Recipe = null, CheckpointPin? From = null);

/// <summary>A time that a run went back from a spike of its loss.</summary>
/// <param name="From">1-based step that was not made.</param>
/// <param name="To">Steps done at the checkpoint that it went on from, in another order.</param>
public sealed record StepBack(int From, int To);

/// <summary><c>_complete.json</c>: written last; where it is, and its files are as it says, the checkpoint exists.</summary>
/// <param name="Format">1.</param>
/// <param name="Files">All other files.</param>
internal sealed record CheckpointSeal(int Format, IReadOnlyList<FileEntry> Files);
