using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;

namespace Temper.Storage.AzureBlobs;

/// <summary>
/// Cuts parts into blocks and names them: <c>TOKEN-PART-BLOCK-NONCE</c> in base 64, all of one length, as the service asks. The nonce is of one
/// call, so that a part sent again never mixes with its first try.
/// </summary>
internal sealed class AzureBlocks(TimeProvider clock, int blockSize)
{
    private const int MostParts = 50_000, NonceLength = 8;

    /// <summary>Blocks of <paramref name="begun"/> and what follows it in <paramref name="content"/>; a block is good until the next is asked for.</summary>
    public async IAsyncEnumerable<(string Id, ReadOnlyMemory<byte> Block)> CutAsync(string token, int part, ReadOnlyMemory<byte> begun, Stream content, [EnumeratorCancellation] CancellationToken ct)
    {
        var nonce = Ulid.New(clock)[^NonceLength..];
        var number = 0;
        if (begun.Length > 0)
            yield return (Id(token, part, number++, nonce), begun);
        var buffer = new byte[blockSize];
        int count;
        while ((count = await content.ReadAtLeastAsync(buffer, blockSize, throwOnEndOfStream: false, ct)) > 0)
            yield return (Id(token, part, number++, nonce), buffer.AsMemory(0, count));
    }

    /// <summary>What the caller keeps of a part: how many blocks it has, and their nonce.</summary>
    public static string PartToken(List<string> ids) => ids.Count == 0
        ? "0-"
        : string.Create(CultureInfo.InvariantCulture, $"{ids.Count}-{Encoding.ASCII.GetString(Convert.FromBase64String(ids[0]))[^NonceLength..]}");

    /// <summary>Ids of a part's blocks, in order.</summary>
    /// <exception cref="TemperException">Code <c>blob_missing</c>: no part of ours has this token.</exception>
    public static IEnumerable<string> IdsOf(BlobKey key, string token, BlobPart part)
    {
        CheckPart(key, token, part.Number);
        var cut = part.Token.Split('-');
        if (cut.Length != 2 || !int.TryParse(cut[0], NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count > MostParts || (count > 0 && cut[1].Length != NonceLength))
            throw new TemperException("blob_missing", $"Part {part.Number} of the unfinished blob '{key}' is not in the store.", hint: "Send that part again.");
        return Enumerable.Range(0, count).Select(block => Id(token, part.Number, block, cut[1]));
    }

    /// <summary>Refuses tokens and numbers that are none of ours.</summary>
    public static void CheckPart(BlobKey key, string token, int number)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, MostParts);
        if (!Ulid.IsValid(token))
            throw new TemperException("blob_missing", $"The store has no unfinished blob '{key}' under the token '{token}'.", hint: "Begin the upload again.");
    }

    private static string Id(string token, int part, int block, string nonce) =>
        Convert.ToBase64String(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{token}-{part:D5}-{block:D5}-{nonce}")));
}
