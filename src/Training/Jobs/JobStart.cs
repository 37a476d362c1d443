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
public sealed record JobStart(WorkClaim Claim, Uri Registry, string? ApiKey, string Blobs, string CacheFolder, int Threads, string? Engine, string? DieAt = null)
{
    /// <summary>How the process was started, executable first: a job that several processes share starts the others the same way.</summary>
    public IReadOnlyList<string>? Program { get; init; }

    /// <summary>Which part of a shared job the process computes; null: it is the job's own process.</summary>
    public RankStart? Rank { get; init; }
}

/// <summary>The part of a follower.</summary>
/// <param name="Rank">1 and up.</param>
/// <param name="Size">Processes, the leader included.</param>
/// <param name="Folder">Files of the base, verified by the leader.</param>
public sealed record RankStart(int Rank, int Size, string Folder);
