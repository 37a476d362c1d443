namespace Temper.Ingest;

/// <summary>Ids in the order in which they came first: open addressing, at most three quarters full, about 24 bytes each and no object.</summary>
/// <param name="most">Ids that can come.</param>
internal sealed class FirstIds(int most)
{
    private readonly UInt128[] _ids = new UInt128[most];
    private readonly int[] _places = new int[(int)Math.Min(1L << 30, Math.Max(16, (long)System.Numerics.BitOperations.RoundUpToPowerOf2(((ulong)most * 4 / 3) + 1)))];
    private int _count;

    /// <summary>The number of an id that came before; -1 for a new one, which gets the next number.</summary>
    public int Add(UInt128 id)
    {
        var mask = _places.Length - 1;
        // An id is half of a SHA-256, so that any bits of it are a hash.
        var at = (int)(id & (UInt128)mask);
        for (; _places[at] > 0; at = (at + 1) & mask)
        {
            if (_ids[_places[at] - 1] == id)
                return _places[at] - 1;
        }
        _ids[_count++] = id;
        _places[at] = _count;
        return -1;
    }
}
