using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Temper.Ingest;

/// <summary>Makes the <see cref="Shingles"/> of record after record, without memory of its own for each. Not for two threads at once.</summary>
/// <param name="length">Characters of a run.</param>
internal sealed class ShingleReader(int length)
{
    private const int Lanes = 16;
    private readonly NormalText _normal = new();
    private readonly DistinctHashes _distinct = new();
    private readonly UintSort _sort = new();
    private uint[] _asked = new uint[256], _answered = new uint[1024];
    private int _askedCount, _answeredCount;

    /// <summary>Shingles of what is asked in the record that was read last, without repeats, in no order.</summary>
    public ReadOnlySpan<uint> Asked => _asked.AsSpan(0, _askedCount);

    /// <summary>Shingles of what is answered.</summary>
    public ReadOnlySpan<uint> Answered => _answered.AsSpan(0, _answeredCount);

    /// <summary>Reads a record.</summary>
    public void Read(RecordText record)
    {
        var context = 0x9E3779B97F4A7C15;
        for (var text = 0; text < record.Context.Count; text++)
        {
            _normal.Read(record.Context.Utf8(text));
            context = Mix(context, Hash(_normal.Runes, 1));
        }
        _askedCount = Set(record.Asked, Mix(context, 1), ref _asked);
        _answeredCount = Set(record.Answered, Mix(context, 2), ref _answered);
    }

    /// <summary>The shingles as something that stays, sorted.</summary>
    public Shingles ToShingles()
    {
        var shingles = new Shingles(Asked.ToArray(), Answered.ToArray());
        _sort.Sort(shingles.Asked);
        _sort.Sort(shingles.Answered);
        return shingles;
    }

    private int Set(TextList texts, ulong seed, ref uint[] set)
    {
        var count = 0;
        for (var text = 0; text < texts.Count; text++)
        {
            _normal.Read(texts.Utf8(text));
            if (set.Length < count + _normal.Count + Lanes)
                Array.Resize(ref set, Math.Max(set.Length * 2, count + _normal.Count + Lanes));
            if (_normal.Count <= length)
                set[count++] = (uint)(Hash(_normal.Runes, seed) >> 32);
            else
                count += Runs(seed, set.AsSpan(count));
        }
        return _distinct.Keep(set.AsSpan(0, count));
    }

    /// <summary>Hashes of all runs of the text: 16 at a time, each as <see cref="Hash"/> has it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Runs(ulong seed, Span<uint> into)
    {
        var runs = _normal.Count - length + 1;
        ref var runes = ref Unsafe.AsRef(in _normal.First);
        // Of a long run the last lanes would read beyond the room behind the text.
        var whole = length + Lanes <= NormalText.Slack ? runs : 0;
        for (var at = 0; at < whole; at += Lanes)
        {
            var (low, high) = (Vector512.Create(seed), Vector512.Create(seed));
            for (var i = 0; i < length; i++)
            {
                low = Mix(low, Vector512.LoadUnsafe(ref runes, (nuint)(at + i)));
                high = Mix(high, Vector512.LoadUnsafe(ref runes, (nuint)(at + i + 8)));
            }
            var end = Vector512.Create((ulong)length);
            Vector512.Narrow(Mix(low, end) >>> 32, Mix(high, end) >>> 32).CopyTo(into[at..]);
        }
        for (var at = whole; at < runs; at++)
            into[at] = (uint)(Hash(_normal.Runes.Slice(at, length), seed) >> 32);
        return runs;
    }

    private static ulong Hash(ReadOnlySpan<ulong> runes, ulong seed)
    {
        foreach (var rune in runes)
            seed = Mix(seed, rune);
        return Mix(seed, (ulong)runes.Length);
    }

    /// <summary>One step of a hash: MurmurHash3's finaliser over the sum.</summary>
    private static ulong Mix(ulong state, ulong value)
    {
        unchecked
        {
            var x = (state ^ value) * 0xFF51AFD7ED558CCD;
            x ^= x >> 33;
            x *= 0xC4CEB9FE1A85EC53;
            return x ^ (x >> 29);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Mix(Vector512<ulong> state, Vector512<ulong> value)
    {
        var x = (state ^ value) * Vector512.Create(0xFF51AFD7ED558CCDUL);
        x ^= x >>> 33;
        x *= Vector512.Create(0xC4CEB9FE1A85EC53UL);
        return x ^ (x >>> 29);
    }
}
