using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;

namespace Temper.Ingest;

/// <summary>What became of one dataset of a configuration.</summary>
public enum BuildAction
{
    /// <summary>It was sent, and ingestion ended.</summary>
    Built,

    /// <summary>Its newest version is of the same files and configuration: nothing was sent.</summary>
    Unchanged,

    /// <summary>A store of embeddings: filled when it is used.</summary>
    Store,

    /// <summary>A dry run: nothing was sent.</summary>
    Checked,

    /// <summary>Something went wrong: see the problems.</summary>
    Failed,

    /// <summary>A dataset that it needs failed.</summary>
    Skipped,
}

/// <summary>What became of one dataset of a configuration.</summary>
/// <param name="Id">The dataset.</param>
/// <param name="Type">What it is.</param>
/// <param name="Backend">Kind of its backend.</param>
/// <param name="Action">What became of it.</param>
public sealed record BuiltDataset(string Id, DatasetType Type, string Backend, BuildAction Action)
{
    /// <summary>The version; null where there is none.</summary>
    public int? Version { get; init; }

    /// <summary>The row that ingested it; null where nothing was sent.</summary>
    public WorkId? Work { get; init; }

    /// <summary>What ingestion counted; null where it did not run.</summary>
    public Ledger? Ledger { get; init; }

    /// <summary>Items that its backend lists.</summary>
    public long Items { get; init; }

    /// <summary>Bytes of them.</summary>
    public long Bytes { get; init; }

    /// <summary>Bytes that were read to find what has changed.</summary>
    public long Hashed { get; init; }

    /// <summary>Bytes that were sent.</summary>
    public long Sent { get; init; }

    /// <summary>Items that could not be had or were left out, by code or reason.</summary>
    public SortedDictionary<string, long> LeftOut { get; init; } = [];

    /// <summary>Why it failed, or what should be known.</summary>
    public IReadOnlyList<Problem> Problems { get; init; } = [];
}

/// <summary>What building a configuration led to.</summary>
/// <param name="File">The configuration.</param>
/// <param name="Datasets">In the order in which they were built.</param>
/// <param name="Stages">Time and memory of each stage.</param>
/// <param name="BackendCounts">Datasets by kind of backend.</param>
/// <param name="Pairings">Conditioning pictures and their sources.</param>
public sealed record BuildResult(string File, IReadOnlyList<BuiltDataset> Datasets, IReadOnlyList<BuildStage> Stages, SortedDictionary<string, int> BackendCounts, IReadOnlyList<PairingReport> Pairings)
{
    /// <summary>Whether every dataset is there.</summary>
    public bool Succeeded => Datasets.All(d => d.Action is not (BuildAction.Failed or BuildAction.Skipped));
}

/// <summary>How far a dataset is.</summary>
/// <param name="Dataset">Its id.</param>
/// <param name="What">hashing, sending, ingesting.</param>
/// <param name="Share">0 to 1.</param>
/// <param name="Detail">For people.</param>
public sealed record BuildProgress(string Dataset, string What, double Share, string Detail);
