using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Temper.Versioning.Trees;

/// <summary>
/// Where the nodes of a large folder end: a prolly tree, whose shape follows from its content alone. Level 0 are the leaves. An entry ends its node of
/// level n when the bits 10n to 10n + 9 of its key's hash are zero (the first 8 bytes of SHA-256, big endian), or when the node is full.
/// </summary>
internal static class TreeShape
{
    /// <summary>A folder of so many entries is one plain tree.</summary>
    public const int PlainEntries = 4096;

    /// <summary>Most entries of a leaf, and most children of a node.</summary>
    public const int NodeEntries = 8192;

    private const int BitsPerLevel = 10;

    /// <summary>Whether a key ends the node of a level that it is in.</summary>
    public static bool Ends(string key, int level)
    {
        // The hash has bits for six levels, 10^18 entries; above, nodes end when they are full.
        if ((level + 1) * BitsPerLevel > 64)
            return false;
        Span<byte> bytes = stackalloc byte[1024], hash = stackalloc byte[32];
        var count = Encoding.UTF8.GetBytes(key, bytes);
        SHA256.HashData(bytes[..count], hash);
        return (BinaryPrimitives.ReadUInt64BigEndian(hash) >> level * BitsPerLevel & (1 << BitsPerLevel) - 1) == 0;
    }
}
