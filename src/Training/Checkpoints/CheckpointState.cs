using Temper.Core.Datasets;
using Temper.Core.Registry;
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
public sealed record CheckpointState(int Format, int Step, bool Adapter, double Seconds, RunIdentity Identity, SamplerState? Data = null, IReadOnlyList<Substitution>? Substituted = null);

/// <summary><c>_complete.json</c>: written last; where it is, and its files are as it says, the checkpoint exists.</summary>
/// <param name="Format">1.</param>
/// <param name="Files">All other files.</param>
internal sealed record CheckpointSeal(int Format, IReadOnlyList<FileEntry> Files);
