using Temper.Core.Work;
using Temper.Storage.Cache;

namespace Temper.Ingest;

/// <summary>Opens the embedder of a registered model.</summary>
public delegate Task<IEmbedder> OpenEmbedder(ModelPin model, CancellationToken ct);

/// <summary>Opens a registered model's files; of an adapter its base.</summary>
public delegate Task<Models.ModelFolder> OpenModel(ModelPin model, CancellationToken ct);

/// <summary>How a worker ingests. The defaults suit every edition.</summary>
public sealed record IngestOptions
{
    /// <summary>Who claims, for people: host, process and role.</summary>
    public string Worker { get; init; } = $"{Environment.MachineName}/{Environment.ProcessId}/ingest";

    /// <summary>How long a claim holds without a heartbeat. Default 60 seconds.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Bytes of (decompressed) input between two checkpoints of validation. Default 16 MiB; two such slices are in memory. Not part of any result.</summary>
    public long SliceBytes { get; init; } = 16L << 20;

    /// <summary>Largest file of sealed records, in bytes; a record is never split. Default 64 MiB. Part of the version's key.</summary>
    public long ShardBytes { get; init; } = 64L << 20;

    /// <summary>Most threads that work on one upload. Default: the machine's processors. Not part of any result.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>How much an archive may hold. Part of what its listing depends on.</summary>
    internal ArchiveLimits Archives { get; init; } = new();

    /// <summary>Claims of one row before an environment's failure becomes the row's failure. Default 5.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>How long one claim works before it hands its row back as progress, at the next checkpoint. Default four minutes; infinite for no end.</summary>
    public TimeSpan LongestTurn { get; init; } = TimeSpan.FromMinutes(4);

    /// <summary>Days that validated files are kept for the next version after their last use. Default 30; at least 1.</summary>
    public int CacheDays { get; init; } = 30;

    /// <summary>Bytes of validated files that are kept; what was used today or yesterday stays even beyond. Default 50 GiB.</summary>
    public long CacheBytes { get; init; } = 50L << 30;

    /// <summary>Scorers besides the built-in ones.</summary>
    public IReadOnlyList<IRecordScorer> Scorers { get; init; } = [];

    /// <summary>Opens embedders of registered models; null: a dataset that names an embedding model is refused.</summary>
    public OpenEmbedder? Embedders { get; init; }

    /// <summary>Opens registered models for their tokenizers and templates; null: a dataset that names a model for its preview is refused.</summary>
    public OpenModel? Previews { get; init; }

    /// <summary>A folder of this machine between memory and a blob store that is far away; null where the store is near.</summary>
    public NearShards? Near { get; init; }

    /// <summary>Whether the embedding model that a dataset names is left out: for dry runs, which know no registry. Default false.</summary>
    public bool LeavesOutEmbedding { get; init; }
}
