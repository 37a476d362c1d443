using System.IO.Hashing;
using System.Text.Json;

namespace Temper.Ingest;

/// <summary>Finds a key that stands twice in one object: by comparing all pairs of few keys, by hash where there are many.</summary>
internal sealed class DuplicateKeys
{
    private const int Few = 8;
    private int[] _names = new int[Few];

    /// <summary>Index of the second of two equal names in the object at <paramref name="start"/>, or null.</summary>
    public int? Find(ReadOnlySpan<JsonToken> tokens, int start, ReadOnlySpan<byte> line)
    {
        var count = 0;
        for (var at = start + 1; at < tokens.Length; at = tokens[at + 1].Next)
        {
            if (count == _names.Length)
                Array.Resize(ref _names, count * 2);
            _names[count++] = at;
        }
        return count <= Few ? FindInFew(tokens, _names.AsSpan(0, count), line) : FindInMany(tokens, _names.AsSpan(0, count), line);
    }

    private static int? FindInFew(ReadOnlySpan<JsonToken> tokens, ReadOnlySpan<int> names, ReadOnlySpan<byte> line)
    {
        for (var second = 1; second < names.Length; second++)
        {
            for (var first = 0; first < second; first++)
            {
                if (Same(tokens[names[first]], tokens[names[second]], line))
                    return names[second];
            }
        }
        return null;
    }

    private static int? FindInMany(ReadOnlySpan<JsonToken> tokens, ReadOnlySpan<int> names, ReadOnlySpan<byte> line)
    {
        var hashes = new ulong[names.Length];
        for (var i = 0; i < names.Length; i++)
            hashes[i] = XxHash64.HashToUInt64(JsonText.Bytes(line, tokens[names[i]]));
        var order = names.ToArray();
        Array.Sort(hashes, order);
        for (var i = 1; i < order.Length; i++)
        {
            for (var j = i - 1; j >= 0 && hashes[j] == hashes[i]; j--)
            {
                if (Same(tokens[order[j]], tokens[order[i]], line))
                    return Math.Max(order[j], order[i]);
            }
        }
        return null;
    }

    private static bool Same(in JsonToken a, in JsonToken b, ReadOnlySpan<byte> line) => a.Escaped || b.Escaped
        ? JsonText.Bytes(line, a).SequenceEqual(JsonText.Bytes(line, b))
        : a.Length == b.Length && line.Slice(a.Start, a.Length).SequenceEqual(line.Slice(b.Start, b.Length));
}
