using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Temper.Core.Ids;
using Temper.Versioning.Metadata;
using Temper.Versioning.Paths;

namespace Temper.Versioning.Signing;

/// <summary>
/// What a signature signs: an in-toto statement (v1) with the predicate of OpenSSF model signing, in canonical JSON. The subject is SHA-256 over the
/// digests of all files, in their order; the predicate lists the files, and names the object that is signed. Format: docs/formats/signing.md.
/// </summary>
/// <param name="Kind"><c>commit</c> or <c>tag</c>.</param>
/// <param name="Unsigned">Id of the object without its signature.</param>
/// <param name="Files">All files, in ordinal order of the paths.</param>
public sealed record ModelStatement(string Kind, Digest Unsigned, IReadOnlyList<(SafePath Path, Digest Id)> Files)
{
    /// <summary>Type of the payload in the envelope.</summary>
    public const string PayloadType = "application/vnd.in-toto+json";

    /// <summary>The statement's bytes.</summary>
    public byte[] Payload()
    {
        var text = new StringBuilder("{\"_type\":\"https://in-toto.io/Statement/v1\",\"predicate\":{\"resources\":[");
        using var root = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> hash = stackalloc byte[32];
        for (var i = 0; i < Files.Count; i++)
        {
            var (path, id) = Files[i];
            id.CopyTo(hash);
            root.AppendData(hash);
            text.Append(i == 0 ? "" : ",").Append("{\"algorithm\":\"sha256\",\"digest\":\"").Append(id.Hex).Append("\",\"name\":");
            MetadataJson.Quote(text, path.ToString());
            text.Append('}');
        }
        text.Append("],\"serialization\":{\"allow_symlinks\":false,\"hash_type\":\"sha256\",\"ignore_paths\":[\".temper\"],\"method\":\"files\"},\"temper\":{\"")
            .Append(Kind).Append("\":\"").Append(Unsigned.Hex)
            .Append("\"}},\"predicateType\":\"https://model_signing/signature/v1.0\",\"subject\":[{\"digest\":{\"sha256\":\"")
            .Append(Convert.ToHexStringLower(root.GetHashAndReset())).Append("\"},\"name\":\"").Append(Kind).Append(' ').Append(Unsigned.Hex).Append("\"}]}");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>What is signed of a payload: DSSE's pre-authentication encoding (v1).</summary>
    public static byte[] Encoded(byte[] payload)
    {
        ArgumentNullException.ThrowIfNull(payload);
        var head = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"DSSEv1 {PayloadType.Length} {PayloadType} {payload.Length} "));
        return [.. head, .. payload];
    }
}
