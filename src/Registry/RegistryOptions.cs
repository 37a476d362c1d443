namespace Temper.Registry;

/// <summary>What a host decides about its registry. Read once, when the registry is added.</summary>
public sealed record RegistryOptions
{
    /// <summary>A PostgreSQL connection string (<c>Host=…</c>) or the path of an SQLite file, whose folder exists.</summary>
    public required string Database { get; init; }

    /// <summary>Where blobs lie: a folder, an Azure Blob connection string or container address, or s3://BUCKET/PREFIX.</summary>
    public required string Blobs { get; init; }

    /// <summary>Folder for packs that are being built; made when absent. Default: beside the database file, or in the folder for temporary files.</summary>
    public string? Scratch { get; init; }

    /// <summary>When set, every route but health asks for it as bearer token. At least 16 characters.</summary>
    public string? ApiKey { get; init; }

    /// <summary>embedded, cluster or azure; what <c>GET /api/v1/server</c> tells.</summary>
    public string Edition { get; init; } = "cluster";

    /// <summary>Product version and commit, for <c>GET /api/v1/server</c>.</summary>
    public string Version { get; init; } = "0.1.0";

    /// <summary>Targets that get a signed copy of every event.</summary>
    public IReadOnlyList<WebhookTarget> Webhooks { get; init; } = [];

    /// <summary>Largest file that an upload may announce, bytes. Default 1 TiB.</summary>
    public long LargestFile { get; init; } = Uploads.UploadRules.LargestFile;

    /// <summary>
    /// How the names of workers begin that live and die with the registry's own process; what they held when it was killed is put back at its start.
    /// Null in clusters, where workers outlive the registry.
    /// </summary>
    public string? OwnWorkers { get; init; }

    /// <summary>Training jobs that may run at once, over all workers; 0: as many as there are workers for.</summary>
    public int MostRunningJobs { get; init; }

    /// <summary>How long a reader of a job's stream may take for one message before it is dropped; it can come back and read on. Default 30 s.</summary>
    public TimeSpan SlowestReader { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often waiting calls look at the database for what another registry process did. Default 1 s.</summary>
    public TimeSpan LookEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long packs of repositories that nothing leads to are kept, twice: before they are noted, and before they go. At least an hour. Default 14 days.</summary>
    public TimeSpan PackGrace { get; init; } = TimeSpan.FromDays(14);

    /// <summary>Whether packs of repositories that nothing leads to are looked for every hour. Default yes.</summary>
    public bool CollectPacks { get; init; } = true;

    /// <summary>How often an idle event stream sends a ping. Default 15 s.</summary>
    public TimeSpan PingEvery { get; init; } = TimeSpan.FromSeconds(15);
}

/// <summary>Somebody who gets a copy of every event by HTTP POST.</summary>
/// <param name="Address">Where to post.</param>
/// <param name="Secret">Key of the signature: HMAC-SHA256 over <c>timestamp.body</c>.</param>
public sealed record WebhookTarget(Uri Address, string Secret);
