using System.Security.Cryptography;
using Temper.Core.Ids;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Content;

/// <summary>One chunk of a file.</summary>
/// <param name="Id">SHA-256 of its bytes.</param>
/// <param name="Length">1 to 4 MiB.</param>
public readonly record struct FileChunk(Digest Id, int Length);

/// <summary>Cuts files every 512 KiB. The name and version are kept with each file, so that a later way of cutting can stand beside it.</summary>
internal static class FixedChunks
{
    /// <summary>Name of this way of cutting.</summary>
    public const string Name = "fixed-512k-1";

    private const int Size = 512 << 10;

    /// <summary>
    /// Reads all of <paramref name="content"/>, hands each chunk to <paramref name="keep"/> (the memory is used again afterwards), and hashes
    /// chunks and file in one pass.
    /// </summary>
    public static async Task<(StoredFile File, List<FileChunk> Chunks)> CutAsync(Stream content, Func<Digest, ReadOnlyMemory<byte>, Task> keep, CancellationToken ct)
    {
        using var whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[Size];
        var chunks = new List<FileChunk>();
        long size = 0;
        int count;
        while ((count = await content.ReadAtLeastAsync(buffer, Size, throwOnEndOfStream: false, ct)) > 0)
        {
            whole.AppendData(buffer, 0, count);
            var chunk = new FileChunk(ObjectIds.Of(ObjectKind.Chunk, buffer.AsSpan(0, count)), count);
            await keep(chunk.Id, buffer.AsMemory(0, count));
            chunks.Add(chunk);
            size += count;
        }
        return (new(Digest.FromHash(whole.GetHashAndReset()), size), chunks);
    }
}
