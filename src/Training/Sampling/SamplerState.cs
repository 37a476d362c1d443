namespace Temper.Training.Sampling;

/// <summary>
/// Where a walk through a mix stands: <c>docs/formats/sampler-state.md</c>. A few numbers a bucket, whatever the size of the data; without ranks, so that a
/// run continues on any number of them.
/// </summary>
/// <param name="V">Format, 1.</param>
/// <param name="Seed">Of the mix.</param>
/// <param name="GlobalStep">Optimizer steps done.</param>
/// <param name="Epoch">0-based epoch of the last step.</param>
/// <param name="Draw">Draws made: the next counter.</param>
/// <param name="Turn">Whose turn it is in round robin.</param>
/// <param name="Batch">Items of a step, over all ranks.</param>
/// <param name="Mix">Settings of the mix, for people.</param>
/// <param name="ConfigSha">First 32 hex digits of <see cref="Sampling.Mix.ConfigDigest"/>.</param>
/// <param name="Datasets">In the mix's order.</param>
public sealed record SamplerState(int V, ulong Seed, int GlobalStep, int Epoch, long Draw, int Turn, int Batch, string Mix, string ConfigSha, IReadOnlyList<DatasetState> Datasets);

/// <summary>How far one dataset is. A bucket has given pass × its items + its cursor, all epochs together.</summary>
/// <param name="Id">In the mix.</param>
/// <param name="Version">First 12 hex digits of its version.</param>
/// <param name="With">Its settings, for people.</param>
/// <param name="Pass">Passes that every bucket has behind it.</param>
/// <param name="Cursor">By bucket: items given beyond that.</param>
/// <param name="Done">Whether it has nothing more to give in this epoch.</param>
public sealed record DatasetState(string Id, string Version, string With, long Pass, IReadOnlyList<long> Cursor, bool Done);
