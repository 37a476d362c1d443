using System.Numerics;
using System.Runtime.CompilerServices;

namespace Temper.Ingest;

/// <summary>Takes repeats out of hashes: open addressing, at most half full. Reused.</summary>
internal sealed class DistinctHashes
{
    private uint[] _places = new uint[2048];

    /// <summary>Moves each value that comes first to the front, in their order; how many there are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Keep(Span<uint> values)
    {
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, Math.Min(values.Length, 1 << 29) * 2));
        if (_places.Length < size)
            _places = new uint[size];
        var places = _places.AsSpan(0, size);
        places.Clear();
        // 0 marks a free place.
        var (distinct, mask, zero) = (0, (uint)size - 1, false);
        for (var i = 0; i < values.Length; i++)
        {
            var value = values[i];
            var at = value & mask;
            while (places[(int)at] != 0 && places[(int)at] != value)
                at = (at + 1) & mask;
            if (value == 0 ? zero : places[(int)at] == value)
                continue;
            zero |= value == 0;
            places[(int)at] = value;
            values[distinct++] = value;
        }
        return distinct;
    }
}
