using Temper.Tensors;

namespace Temper.Serving;

/// <summary>Limits and choices of a server of models.</summary>
public sealed record ServingOptions
{
    /// <summary>Makes the engine of a freshly loaded base model; called on the thread that will use it.</summary>
    public required Func<IEngine> Engine { get; init; }

    /// <summary>When set, every request must carry it as bearer token. Null where the host has a gate of its own, or listens on loopback.</summary>
    public string? ApiKey { get; init; }

    /// <summary>Sequences of one base model that are answered at the same time. Default 16.</summary>
    public int MaxConcurrent { get; init; } = 16;

    /// <summary>Sequences that may wait for their turn; beyond it requests are refused with 429. Default 64.</summary>
    public int QueueLimit { get; init; } = 64;

    /// <summary>Prompt tokens read in one step, so that long prompts do not stall running answers. Default 256.</summary>
    public int PrefillTokens { get; init; } = 256;

    /// <summary>Longest sequence in tokens, where the model allows more. Default 8192.</summary>
    public int MaxContext { get; init; } = 8192;

    /// <summary>Bytes of weights and caches to keep; models in use stay whatever it says. Default 8 GiB.</summary>
    public long ModelBytes { get; init; } = 8L << 30;

    /// <summary>Bytes of keys and values per base model; fewer sequences run together where they would take more. Default 512 MiB.</summary>
    public long CacheBytes { get; init; } = 512L << 20;

    /// <summary>Most answers to one request (<c>n</c>). Default 16.</summary>
    public int MaxChoices { get; init; } = 16;

    /// <summary>How long a resolved reference is believed: a moved alias is seen after this at the latest. Default 0.5 s.</summary>
    public TimeSpan ReferenceLifetime { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Whether a folder of this machine may be named as model. Never for a server that others reach. Default false.</summary>
    public bool AllowFolders { get; init; }

    /// <summary>Pause after which a silent stream sends a comment, so that proxies keep it open. Default 15 s.</summary>
    public TimeSpan PingEvery { get; init; } = TimeSpan.FromSeconds(15);
}
