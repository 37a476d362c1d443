using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Temper.Ingest;

/// <summary>
/// Finds candidates without comparing all pairs: Broder's min-wise hashing (1997) in bands. Two records whose sets share a fraction s of their union
/// agree in some band with probability 1 - (1 - s^rows)^bands.
/// </summary>
internal sealed class MinHash
{
    private const int Lanes = 16;
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
    public void BandKeys(Shingles shingles, Span<uint> keys) => BandKeys(shingles.Asked, shingles.Answered, keys);

    /// <inheritdoc cref="BandKeys(Shingles, Span{uint})"/>
    public void BandKeys(ReadOnlySpan<uint> asked, ReadOnlySpan<uint> answered, Span<uint> keys)
    {
        _least.AsSpan().Fill(uint.MaxValue);
        Take(asked);
        Take(answered);
        for (var band = 0; band < Bands; band++)
        {
            var key = (ulong)band;
            foreach (var value in _least.AsSpan(band * _rows, _rows))
                key = unchecked((key ^ value) * 0x9FB21C651E98DF25) is var mixed ? mixed ^ (mixed >> 32) : 0;
            keys[band] = unchecked((uint)key);
        }
    }

    /// <summary>Lowers the minima to those of more shingles; a few vectors of hashes at a time, so that their minima stay in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Take(ReadOnlySpan<uint> shingles)
    {
        var at = 0;
        for (; at + (4 * Lanes) <= _least.Length; at += 4 * Lanes)
            TakeFour(shingles, ref _factors[at], ref _terms[at], ref _least[at]);
        for (; at < _least.Length; at += Lanes)
        {
            var (factor, term, least) = (Vector512.LoadUnsafe(ref _factors[at]), Vector512.LoadUnsafe(ref _terms[at]), Vector512.LoadUnsafe(ref _least[at]));
            foreach (var shingle in shingles)
                least = Vector512.Min(least, Hashed(Vector512.Create(shingle), factor, term));
            least.StoreUnsafe(ref _least[at]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TakeFour(ReadOnlySpan<uint> shingles, ref uint factors, ref uint terms, ref uint minima)
    {
        var (f0, f1, f2, f3) = (Vector512.LoadUnsafe(ref factors), Vector512.LoadUnsafe(ref factors, Lanes), Vector512.LoadUnsafe(ref factors, 2 * Lanes), Vector512.LoadUnsafe(ref factors, 3 * Lanes));
        var (t0, t1, t2, t3) = (Vector512.LoadUnsafe(ref terms), Vector512.LoadUnsafe(ref terms, Lanes), Vector512.LoadUnsafe(ref terms, 2 * Lanes), Vector512.LoadUnsafe(ref terms, 3 * Lanes));
        var (m0, m1, m2, m3) = (Vector512.LoadUnsafe(ref minima), Vector512.LoadUnsafe(ref minima, Lanes), Vector512.LoadUnsafe(ref minima, 2 * Lanes), Vector512.LoadUnsafe(ref minima, 3 * Lanes));
        foreach (var shingle in shingles)
        {
            var value = Vector512.Create(shingle);
            m0 = Vector512.Min(m0, Hashed(value, f0, t0));
            m1 = Vector512.Min(m1, Hashed(value, f1, t1));
            m2 = Vector512.Min(m2, Hashed(value, f2, t2));
            m3 = Vector512.Min(m3, Hashed(value, f3, t3));
        }
        m0.StoreUnsafe(ref minima);
        m1.StoreUnsafe(ref minima, Lanes);
        m2.StoreUnsafe(ref minima, 2 * Lanes);
        m3.StoreUnsafe(ref minima, 3 * Lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Hashed(Vector512<uint> value, Vector512<uint> factor, Vector512<uint> term)
    {
        var hashed = (value * factor) + term;
        return hashed ^ (hashed >>> 15);
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
