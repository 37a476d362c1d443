namespace Temper.Ingest;

/// <summary>From a run's hash to the record that holds it first: open addressing, twelve bytes a place, at most two thirds full.</summary>
internal sealed class GramTable
{
    private ulong[] _keys = new ulong[1024];
    private int[] _records = new int[1024];

    /// <summary>Runs in it.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a run unless it is there.</summary>
    public void Add(ulong run, int record)
    {
        if ((Count + 1) * 3L > _keys.Length * 2L)
            Grow();
        // 0 marks a free place.
        run = run == 0 ? 1 : run;
        var place = Place(run);
        if (_keys[place] == run)
            return;
        (_keys[place], _records[place]) = (run, record);
        Count++;
    }

    /// <summary>The record that holds a run, or -1.</summary>
    public int Find(ulong run)
    {
        run = run == 0 ? 1 : run;
        var place = Place(run);
        return _keys[place] == run ? _records[place] : -1;
    }

    private int Place(ulong run)
    {
        var mask = _keys.Length - 1;
        var place = (int)(run & (ulong)mask);
        while (_keys[place] != 0 && _keys[place] != run)
            place = (place + 1) & mask;
        return place;
    }

    private void Grow()
    {
        var (keys, records) = (_keys, _records);
        (_keys, _records) = (new ulong[keys.Length * 2], new int[keys.Length * 2]);
        for (var i = 0; i < keys.Length; i++)
        {
            if (keys[i] == 0)
                continue;
            var place = Place(keys[i]);
            (_keys[place], _records[place]) = (keys[i], records[i]);
        }
    }
}
