using System.Security.Cryptography;
using System.Text;
using Temper.Core.Errors;
using Temper.Core.Ids;

namespace Temper.Ingest;

/// <summary>An address in its one spelling: lower-case scheme and host, no default port, no fragment, escapes as a server sees them.</summary>
/// <param name="Uri">The address.</param>
internal sealed record FetchAddress(Uri Uri)
{
    private const int Longest = 8192;

    /// <summary>SHA-256 of the canonical text: two addresses share it only if they are the same.</summary>
    public Digest Key => Digest.FromHash(SHA256.HashData(Encoding.UTF8.GetBytes(Uri.AbsoluteUri)));

    /// <summary>Reads what somebody wrote.</summary>
    /// <exception cref="TemperException">Code <c>FETCH_URL</c>.</exception>
    public static FetchAddress Parse(string text)
    {
        var trimmed = text.Trim();
        if (trimmed.Length is 0 or > Longest)
            throw new TemperException("FETCH_URL", trimmed.Length == 0 ? "The address is empty." : $"The address has {trimmed.Length} characters; at most {Longest} are read.");
        // A path is an absolute address to the platform, and backslashes are separators to some and not to others.
        if (trimmed.Any(c => char.IsControl(c) || c == '\\') || !trimmed.Contains("://", StringComparison.Ordinal) || !Uri.TryCreate(trimmed, UriKind.Absolute, out var uri))
            throw new TemperException("FETCH_URL", "This is no address: one begins with https:// and a host.");
        return new(uri.Fragment.Length == 0 ? uri : new UriBuilder(uri) { Fragment = "" }.Uri);
    }

    /// <summary>Scheme, host and path, without the query, which may hold a signature.</summary>
    public override string ToString() => Uri.GetLeftPart(UriPartial.Path) is var shown && shown.Length > 120 ? shown[..120] + "…" : shown;
}
