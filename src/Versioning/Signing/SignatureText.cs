using Temper.Core.Errors;
using Temper.Core.Ids;

namespace Temper.Versioning.Signing;

/// <summary>The value of a <c>sig</c> header: <c>ecdsa-p256-sha256 KEY BASE64</c>.</summary>
/// <param name="Key">Id of the key.</param>
/// <param name="Value">The signature in DER.</param>
public sealed record SignatureText(Digest Key, byte[] Value)
{
    private const string Algorithm = "ecdsa-p256-sha256";

    /// <summary>Reads a header's value.</summary>
    /// <exception cref="TemperException">Code <c>signature_invalid</c>.</exception>
    public static SignatureText Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split(' ');
        var value = new byte[128];
        return parts is [Algorithm, var key, var base64] && Digest.TryParse(key, out var id) && Convert.TryFromBase64String(base64, value, out var count)
            ? new(id, value[..count])
            : throw new TemperException("signature_invalid", $"The signature is not spelled {Algorithm} KEY BASE64.");
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Algorithm} {Key} {Convert.ToBase64String(Value)}";
}
