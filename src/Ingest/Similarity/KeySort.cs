using System.Runtime.CompilerServices;

namespace Temper.Ingest;

/// <summary>Sorts numbers by their upper 32 bits, those of equal ones left in their order (a radix sort).</summary>
internal sealed class KeySort(int most)
{
    private const int Bits = 11, Digits = 1 << Bits, Passes = 3, Key = 32;
    private readonly int[] _counts = new int[Passes * Digits];
    private ulong[] _values = new ulong[most], _other = new ulong[most];

    /// <summary>What is sorted.</summary>
    public Span<ulong> Values => _values;

    /// <summary>Sorts the first <paramref name="count"/> of <see cref="Values"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Sort(int count)
    {
        Array.Clear(_counts);
        foreach (var value in _values.AsSpan(0, count))
        {
            for (var pass = 0; pass < Passes; pass++)
                _counts[(pass * Digits) + Digit(value, pass)]++;
        }
        for (var pass = 0; pass < Passes; pass++)
        {
            var places = _counts.AsSpan(pass * Digits, Digits);
            var before = 0;
            foreach (ref var place in places)
                (place, before) = (before, before + place);
            foreach (var value in _values.AsSpan(0, count))
                _other[places[Digit(value, pass)]++] = value;
            (_values, _other) = (_other, _values);
        }
    }

    private static int Digit(ulong value, int pass) => (int)(value >> (Key + (pass * Bits)) & (Digits - 1));
}
