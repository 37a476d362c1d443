using System.Numerics;
using System.Runtime.InteropServices;

namespace Temper.Ingest;

/// <summary>
/// Finds candidates without comparing all pairs: Broder's min-wise hashing (1997) in bands. Two records whose sets share a fraction s of their union
/// agree in some band with probability 1 - (1 - s^rows)^bands.
/// </summary>
internal sealed class MinHash
{
    private readonly int _rows;
    private readonly uint[] _factors, _terms, _least;

    /// <param name="bands">Keys of a record.</param>
    /// <param name="rows">Hashes of a key.</param>
    public MinHash(int bands, int rows)
    {
        (Bands, _rows) = (bands, rows);
        var padded = ((bands * rows) + 15) / 16 * 16;
        (_factors, _terms, _least) = (new uint[padded], new uint[padded], new uint[padded]);
        var state = 0x853C49E6748FEA9BUL;
        for (var i = 0; i < padded; i++)
            (_factors[i], _terms[i]) = ((uint)(Next(ref state) >> 32) | 1, (uint)(Next(ref state) >> 32));
    }

    /// <summary>Bands of a record.</summary>
    public int Bands { get; }

    /// <summary>One key per band; records with an equal key in any band are candidates.</summary>
    public void BandKeys(Shingles shingles, Span<uint> keys)
    {
        _least.AsSpan().Fill(uint.MaxValue);
        Take(shingles.Asked);
        Take(shingles.Answered);
        for (var band = 0; band < Bands; band++)
        {
            var key = (ulong)band;
            foreach (var value in _least.AsSpan(band * _rows, _rows))
                key = unchecked((key ^ value) * 0x9FB21C651E98DF25) is var mixed ? mixed ^ (mixed >> 32) : 0;
            keys[band] = unchecked((uint)key);
        }
    }

    private void Take(uint[] shingles)
    {
        var factors = MemoryMarshal.Cast<uint, Vector<uint>>(_factors.AsSpan());
        var terms = MemoryMarshal.Cast<uint, Vector<uint>>(_terms.AsSpan());
        var minima = MemoryMarshal.Cast<uint, Vector<uint>>(_least.AsSpan());
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
