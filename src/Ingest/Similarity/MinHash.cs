using System.Numerics;
using System.Runtime.InteropServices;

namespace Temper.Ingest;

/// <summary>
/// Finds candidates without comparing all pairs: Broder's min-wise hashing (1997) in bands. Two records whose sets share a fraction s of their union
/// agree in some band with probability 1 - (1 - s^5)^20: 0.9996 at s = 0.8.
/// </summary>
internal static class MinHash
{
    /// <summary>Bands of a record.</summary>
    public const int Bands = 20;

    private const int Rows = 5;
    private static readonly (uint[] Factors, uint[] Terms) Family = MakeFamily();

    /// <summary>One key per band; records with an equal key in any band are candidates.</summary>
    public static ulong[] BandKeys(Shingles shingles)
    {
        Span<uint> least = stackalloc uint[PaddedLength];
        least.Fill(uint.MaxValue);
        Take(shingles.Asked, least);
        Take(shingles.Answered, least);
        var keys = new ulong[Bands];
        for (var band = 0; band < Bands; band++)
        {
            var key = (ulong)band;
            foreach (var value in least.Slice(band * Rows, Rows))
                key = unchecked((key ^ value) * 0x9FB21C651E98DF25) is var mixed ? mixed ^ (mixed >> 32) : 0;
            keys[band] = key;
        }
        return keys;
    }

    private static int PaddedLength => (Bands * Rows + 15) / 16 * 16;

    private static void Take(uint[] shingles, Span<uint> least)
    {
        var factors = MemoryMarshal.Cast<uint, Vector<uint>>(Family.Factors.AsSpan());
        var terms = MemoryMarshal.Cast<uint, Vector<uint>>(Family.Terms.AsSpan());
        var minima = MemoryMarshal.Cast<uint, Vector<uint>>(least);
        foreach (var shingle in shingles)
        {
            var value = new Vector<uint>(shingle);
            for (var i = 0; i < minima.Length; i++)
            {
                var hashed = value * factors[i] + terms[i];
                minima[i] = Vector.Min(minima[i], hashed ^ (hashed >>> 15));
            }
        }
    }

    private static (uint[], uint[]) MakeFamily()
    {
        var (factors, terms) = (new uint[PaddedLength], new uint[PaddedLength]);
        var state = 0x853C49E6748FEA9BUL;
        for (var i = 0; i < factors.Length; i++)
        {
            (factors[i], terms[i]) = ((uint)(Next(ref state) >> 32) | 1, (uint)(Next(ref state) >> 32));
        }
        return (factors, terms);
    }

    /// <summary>SplitMix64 (Steele, Lea and Flood 2014): constants, not randomness.</summary>
    private static ulong Next(ref ulong state)
    {
        unchecked
        {
            state += 0x9E3779B97F4A7C15;
            var z = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
