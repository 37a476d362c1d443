using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Temper.Models;

/// <summary>What a file's bytes are compared with: SHA-256, or git's id of a blob (SHA-1 over <c>blob SIZE NUL</c> and the bytes).</summary>
/// <param name="Hex">Lower-case hex digits: 64 or 40.</param>
internal sealed record HubDigest(string Hex)
{
    /// <summary>The digest that a listing or an ETag gives, or null.</summary>
    public static HubDigest? Of(HubFile file, string? etag) => file.Sha256 is { } sha ? new(sha) : file.BlobId is { } blob ? new(blob) : IsHex(etag, 64) || IsHex(etag, 40) ? new(etag!) : null;

    /// <summary>Whether a text is that many lower-case hex digits.</summary>
    public static bool IsHex(string? text, int digits) => text?.Length == digits && text.All(char.IsAsciiHexDigitLower);

    /// <summary>Begins the digest of that many bytes.</summary>
    [SuppressMessage("Security", "CA5350", Justification = "Git names small files by SHA-1; the commit that is pinned is one too.")]
    public IncrementalHash Begin(long bytes)
    {
        var hash = IncrementalHash.CreateHash(Hex.Length == 64 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1);
        if (Hex.Length == 40) hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {bytes}\0")));
        return hash;
    }

    /// <summary>Whether a file's bytes are those.</summary>
    public async Task<bool> MatchesAsync(string path, CancellationToken ct)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 18, FileOptions.SequentialScan | FileOptions.Asynchronous);
        using var hash = Begin(file.Length);
        var buffer = new byte[1 << 18];
        int read;
        while ((read = await file.ReadAsync(buffer, ct).ConfigureAwait(false)) > 0) hash.AppendData(buffer, 0, read);
        return Convert.ToHexStringLower(hash.GetHashAndReset()) == Hex;
    }
}
