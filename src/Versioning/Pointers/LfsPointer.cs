using System.Globalization;
using System.Text;
using Temper.Core.Ids;

namespace Temper.Versioning.Pointers;

/// <summary>
/// A git-lfs pointer: the small text that stands in git for a large file
/// (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md). Its oid is the SHA-256 of the content, which is also the file's id here.
/// </summary>
/// <param name="Id">Of the content.</param>
/// <param name="Size">Bytes of the content.</param>
public sealed record LfsPointer(Digest Id, long Size)
{
    /// <summary>Bytes that a pointer stays below, by the specification.</summary>
    public const int Longest = 1024;

    /// <summary>Reads a pointer; null when the bytes are anything else.</summary>
    public static LfsPointer? Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= Longest || !bytes.StartsWith("version https://git-lfs.github.com/spec/v1\n"u8))
            return null;
        Digest? id = null;
        long? size = null;
        foreach (var line in Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("oid sha256:", StringComparison.Ordinal) && Digest.TryParse(line["oid sha256:".Length..], out var digest))
                id = digest;
            else if (line.StartsWith("size ", StringComparison.Ordinal) && long.TryParse(line.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out var bytesThere))
                size = bytesThere;
        }
        return id is { } known && size is { } whole ? new(known, whole) : null;
    }

    /// <summary>Where git-lfs keeps the content, below <c>.git/lfs/objects</c>.</summary>
    public string CachePath => Path.Combine(Id.Hex[..2], Id.Hex[2..4], Id.Hex);
}
