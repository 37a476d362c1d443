using Temper.Core.Work;

namespace Temper.Training.Jobs;

/// <summary>What a job's process is told: one JSON line on its standard input, which then stays open. End of file there means that the supervisor is gone.</summary>
/// <param name="Claim">The leased row.</param>
/// <param name="Registry">Address.</param>
/// <param name="ApiKey">Where the registry asks for one.</param>
/// <param name="Blobs">Address of the blob store, as <see cref="Storage.Blobs.BlobStores.Open"/> takes it.</param>
/// <param name="CacheFolder">Local folder for model files; processes may share it.</param>
/// <param name="Threads">Threads of the engine; 0 takes every processor.</param>
/// <param name="Engine">Name of the engine; null is the processor's.</param>
/// <param name="DieAt">Durable step at which tests kill the process: see <see cref="DurableSteps"/>.</param>
public sealed record JobStart(WorkClaim Claim, Uri Registry, string? ApiKey, string Blobs, string CacheFolder, int Threads, string? Engine, string? DieAt = null);
