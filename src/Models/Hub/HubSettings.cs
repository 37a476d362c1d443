namespace Temper.Models;

/// <summary>Which hub, as whom, and how patiently.</summary>
/// <param name="Endpoint">Address of the hub.</param>
/// <param name="Token">Shown to the hub alone, never to the hosts that it sends downloads to; null for none.</param>
public sealed record HubSettings(Uri Endpoint, string? Token = null)
{
    /// <summary>Where the public hub is.</summary>
    public static readonly Uri PublicEndpoint = new("https://huggingface.co");

    /// <summary>Requests without any progress between them before giving up.</summary>
    public int Attempts { get; init; } = 6;

    /// <summary>Pause before the second request; it doubles each time.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>Longest pause that a hub may ask for; one that asks for more is told to the user instead.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Silence after which a connection counts as broken.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(60);

    /// <inheritdoc/>
    public override string ToString() => $"{Endpoint.GetLeftPart(UriPartial.Path)} {(Token is null ? "without a token" : "with a token")}";
}
