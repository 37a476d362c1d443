using Temper.Core.Ids;

namespace Temper.Core.Blobs;

/// <summary>Who keeps what where. The table in docs/formats/blobs.md is this file.</summary>
public static class BlobLayout
{
    /// <summary>Files of one finished upload. Written by clients through the API, or directly (cloud, watched folder); read by ingestion.</summary>
    public static BlobKey Upload(ResourceName dataset, string upload, string file) => BlobKey.Of("uploads", dataset.ToString(), upload, file);

    /// <summary>A file of a sealed dataset version. <paramref name="version"/> is the version key, not the number. Written by ingestion.</summary>
    public static BlobKey Dataset(ResourceName name, string version, string file) => BlobKey.Of("datasets", name.ToString(), version, file);

    /// <summary>The lines of a version that were set aside, as they came. Apart from the version's files: they may hold what the scans took out.</summary>
    public static BlobKey Quarantine(ResourceName name, string version) => BlobKey.Of("quarantine", name.ToString(), version, "lines.jsonl");

    /// <summary>A derived, content-keyed, re-creatable thing: tokens, embeddings.</summary>
    public static BlobKey Cache(string kind, string key) => BlobKey.Of("cache", kind, key);

    /// <summary>What one attempt of a job writes. The fence is part of the name: a zombie can only write beside, never over.</summary>
    public static BlobKey Run(WorkId job, long fence, string file) => BlobKey.Of("runs", job.ToString(), FormattableString.Invariant($"{fence:D8}"), file);

    /// <summary>File of an attempt that holds a few examples as the model reads them.</summary>
    public const string ExamplesFile = "preview/examples.json";

    /// <summary>Prefix of everything that any attempt of a job wrote.</summary>
    public static string Runs(WorkId job) => $"runs/{job}/";

    /// <summary>A pack of the content store. Written by the registry only.</summary>
    public static BlobKey Pack(Digest id) => BlobKey.Of("packs", id.Hex[..2], id.Hex);

    /// <summary>A piece of a pack that a client is sending to a repository. Written by the registry only, removed when the pack is whole.</summary>
    public static BlobKey PackPiece(string upload, long offset, string piece) => BlobKey.Of("pack-uploads", upload, FormattableString.Invariant($"{offset:D12}-{piece}"));
}
