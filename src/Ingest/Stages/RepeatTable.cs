namespace Temper.Ingest;

/// <summary>The records of an upload that are dropped as copies, by ordinal: a bit for each of all, forty bytes for each of them.</summary>
internal sealed class RepeatTable
{
    private readonly List<ulong> _bits = [];
    private readonly List<Repeat> _repeats = [];
    private readonly Dictionary<string, string> _files = new(StringComparer.Ordinal);

    /// <summary>How many.</summary>
    public int Count => _repeats.Count;

    /// <summary>Adds one; ordinals ascend.</summary>
    public void Add(Repeat repeat)
    {
        while (_bits.Count <= repeat.Ordinal >> 6)
            _bits.Add(0);
        _bits[(int)(repeat.Ordinal >> 6)] |= 1UL << (int)(repeat.Ordinal & 63);
        if (!_files.TryGetValue(repeat.File, out var file))
            _files[repeat.File] = file = repeat.File;
        _repeats.Add(repeat with { File = file });
    }

    /// <summary>These and others, none of which is among them.</summary>
    public RepeatTable With(IEnumerable<Repeat> others)
    {
        var all = new RepeatTable();
        foreach (var repeat in _repeats.Concat(others).OrderBy(r => r.Ordinal))
            all.Add(repeat);
        return all;
    }

    /// <summary>Whether a record is dropped.</summary>
    public bool Contains(long ordinal) => ordinal >> 6 < _bits.Count && (_bits[(int)(ordinal >> 6)] >> (int)(ordinal & 63) & 1) != 0;

    /// <summary>What a record repeats.</summary>
    public bool TryGet(long ordinal, out Repeat repeat)
    {
        repeat = default;
        if (!Contains(ordinal))
            return false;
        var (from, to) = (0, _repeats.Count - 1);
        while (from < to)
        {
            var middle = (from + to) / 2;
            (from, to) = _repeats[middle].Ordinal < ordinal ? (middle + 1, to) : (from, middle);
        }
        repeat = _repeats[from];
        return true;
    }
}
