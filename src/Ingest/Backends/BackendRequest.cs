using Temper.Core.Blobs;
using Temper.Models;

namespace Temper.Ingest;

/// <summary>A secret by its name; null when there is none of that name.</summary>
/// <param name="name">What the configuration's <c>secretRef</c> says.</param>
/// <param name="ct">Cancels.</param>
public delegate ValueTask<string?> SecretSource(string name, CancellationToken ct);

/// <summary>What a host lends to backends.</summary>
/// <param name="Clock">Time.</param>
/// <param name="Root">Folder that local data must lie in; relative folders of a configuration are below it.</param>
/// <param name="Secrets">Secrets by name.</param>
/// <param name="Fetch">Which addresses the network may reach.</param>
/// <param name="Cache">Store for what can be made again (downloads), under <c>cache/</c>.</param>
public sealed record BackendServices(TimeProvider Clock, string Root, SecretSource Secrets, FetchPolicy Fetch, IBlobStore Cache)
{
    /// <summary>The hub that <c>type: huggingface</c> means, and as whom it is asked.</summary>
    public HubSettings Hub { get; init; } = new(HubSettings.PublicEndpoint);

    /// <summary>Downloads at a time of each host: all backends that are opened with these services share the places.</summary>
    public HostGates Downloads { get; init; } = new();
}

/// <summary>One dataset's wish for a backend.</summary>
/// <param name="Dataset">The dataset's id, for messages.</param>
/// <param name="Settings">The dataset's keys for its backend.</param>
/// <param name="Services">What the host lends.</param>
public sealed record BackendRequest(string Dataset, BackendSettings Settings, BackendServices Services);
