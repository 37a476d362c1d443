using System.Net;

namespace Temper.Ingest;

/// <summary>
/// What downloads on behalf of datasets may reach and how much they may take. The defaults suit a server that strangers give addresses to; an operator
/// widens them. Redirects are held to the same rules.
/// </summary>
public sealed record FetchPolicy
{
    /// <summary>Whether plain http is allowed. Default false.</summary>
    public bool AllowHttp { get; init; }

    /// <summary>Hosts (<c>name</c> or <c>name:port</c>) whose scheme, port and addresses are not questioned, for stores of the operator's own.</summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>Networks that are reachable though they are not public.</summary>
    public IReadOnlyList<IPNetwork> AllowedNetworks { get; init; } = [];

    /// <summary>Ports that are reachable. Default 80 and 443.</summary>
    public IReadOnlyList<int> Ports { get; init; } = [80, 443];

    /// <summary>Largest content after decompression, in bytes. Default 50 MB.</summary>
    public long MaxBytes { get; init; } = 50_000_000;

    /// <summary>Longest time to a connection. Default 5 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest time of one try, from the first look-up to the last byte. Default 30 s.</summary>
    public TimeSpan TotalTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Redirects that are followed. Default 3.</summary>
    public int MaxRedirects { get; init; } = 3;

    /// <summary>Downloads at a time from one host. Default 4.</summary>
    public int PerHost { get; init; } = 4;

    /// <summary>Tries of one address, the first one too. Default 4.</summary>
    public int Attempts { get; init; } = 4;

    /// <summary>Longest pause between tries that is waited for, whatever Retry-After says. Default 20 s.</summary>
    public TimeSpan MaxPause { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a refusal that may pass (a server's fault, a host that is away) is remembered. Default 10 minutes.</summary>
    public TimeSpan RememberFailure { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a refusal that will not pass by itself (404, not an image) is remembered. Default a day.</summary>
    public TimeSpan RememberRefusal { get; init; } = TimeSpan.FromDays(1);
}
