using Temper.Training.Tasks;

namespace Temper.Training.Jobs;

/// <summary>What jobs are made of, by name; plug-ins add to it.</summary>
/// <param name="Engines">Where they compute.</param>
/// <param name="Tasks">What they learn.</param>
public sealed record JobParts(IReadOnlyDictionary<string, EngineFactory> Engines, IReadOnlyDictionary<string, JobTaskFactory> Tasks);
