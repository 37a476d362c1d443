using Temper.Core.Ids;
using Temper.Versioning.Content;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>Ids as short as they may be.</summary>
internal static class ShortIds
{
    /// <summary>The first digits of an id, more where others begin so.</summary>
    public static async Task<string> OfAsync(IObjectStore store, Digest id, int digits, CancellationToken ct)
    {
        var length = Math.Clamp(digits, 4, 64);
        while (length < 64 && (await store.FindPrefixAsync(id.Hex[..length], 2, ct)).Count > 1)
            length++;
        return id.Hex[..length];
    }
}
