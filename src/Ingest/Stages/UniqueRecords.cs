namespace Temper.Ingest;

/// <summary>
/// The sound records of an upload that repeat no earlier one to the letter, in order, and where each lies: 16 bytes a record. Those that do repeat one are
/// listed as they are found.
/// </summary>
/// <param name="slices">Slices of trusted files, in order.</param>
/// <param name="exact">Whether records that repeat one are left out.</param>
internal sealed class UniqueRecords(IReadOnlyList<SignedSlice> slices, bool exact)
{
    private readonly int[] _first = new int[slices.Count + 1];
    private readonly List<int> _repeated = [];
    private Place[] _places = [];

    private readonly record struct Place(long Line, int Offset, int Length);

    /// <summary>How many.</summary>
    public int Count { get; private set; }

    /// <summary>Records that repeat an earlier one, by ordinal, and which they repeat.</summary>
    public List<(int Ordinal, int Of)> Repeats { get; } = [];

    /// <summary>Reads the signs of every record; hands those of unique ones on.</summary>
    public async Task ReadAsync(SignStage signs, TakeSign unique, CancellationToken ct)
    {
        var records = checked((int)slices.Sum(s => (long)s.Signs.Count));
        _places = new Place[records];
        var (ids, ordinal) = (exact ? new FirstIds(records) : null, 0);
        for (var slice = 0; slice < slices.Count; slice++)
        {
            _first[slice] = Count;
            await signs.ReadAsync(slices[slice], (sign, bytes) =>
            {
                if (ids is not null && ids.Add(sign.Id) is >= 0 and var of)
                {
                    _repeated.Add(ordinal);
                    Repeats.Add((ordinal++, of));
                    return;
                }
                ordinal++;
                _places[Count++] = new(sign.Line, sign.Offset, sign.Length);
                unique(sign, bytes);
            }, ct).ConfigureAwait(false);
        }
        _first[^1] = Count;
    }

    /// <summary>Line of a record.</summary>
    public long LineOf(int record) => _places[record].Line;

    /// <summary>Where a record's canonical form lies in its slice's data.</summary>
    public (int Offset, int Length) PlaceOf(int record) => (_places[record].Offset, _places[record].Length);

    /// <summary>Index of a record's slice.</summary>
    public int SliceOf(int record)
    {
        // Of slices without a unique record, which begin at the same one, the last is meant: it holds it.
        var at = Array.BinarySearch(_first, record);
        if (at < 0)
            return ~at - 1;
        while (at + 1 < _first.Length && _first[at + 1] == record)
            at++;
        return at;
    }

    /// <summary>Place of a record among all sound ones.</summary>
    public int OrdinalOf(int record)
    {
        // Before the k-th repeat lie as many unique records as its ordinal less k.
        var (from, to) = (0, _repeated.Count);
        while (from < to)
        {
            var middle = (from + to) / 2;
            (from, to) = _repeated[middle] - middle <= record ? (middle + 1, to) : (from, middle);
        }
        return record + from;
    }
}
