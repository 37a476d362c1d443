namespace Temper.Ingest;

/// <summary>
/// One column of one row group, a value at a time. Before a row is put together, <see cref="HasRow"/> must hold: then every value of the row is in
/// memory and <see cref="Advance"/> needs no reading.
/// </summary>
internal sealed class LeafCursor
{
    private readonly ChunkPages _pages;
    private readonly Queue<DataPage> _loaded = [];
    private DataPage? _page;
    private ParquetValue _value;
    private long _rowStarts;
    private int _left;
    private bool _ended;

    /// <param name="leaf">What its values mean.</param>
    /// <param name="pages">Where they come from.</param>
    public LeafCursor(LeafType leaf, ChunkPages pages) => (Leaf, _pages) = (leaf, pages);

    public LeafType Leaf { get; }

    /// <summary>Repetition level of the current value; 0 when the column has ended, as at the begin of a row.</summary>
    public int Repetition { get; private set; }

    /// <summary>Definition level of the current value.</summary>
    public int Definition { get; private set; }

    /// <summary>Whether there is a current value, null or not.</summary>
    public bool HasValue { get; private set; }

    /// <summary>Whether the current value is not null.</summary>
    public bool IsPresent => Definition == Leaf.MaxDefinition;

    /// <summary>The current value where it is not null.</summary>
    public ref readonly ParquetValue Value => ref _value;

    /// <summary>Whether the row that begins at the current value is in memory to its end.</summary>
    public bool HasRow => HasValue && (Leaf.MaxRepetition == 0 || _rowStarts > 0 || _ended);

    /// <summary>Loads pages until <see cref="HasRow"/> holds; false when the column has ended.</summary>
    public async ValueTask<bool> EnsureRowAsync(CancellationToken ct)
    {
        while (!HasRow)
        {
            if (_ended)
                return false;
            var page = await _pages.NextAsync(ct).ConfigureAwait(false);
            _ended = page is null;
            if (page is not null)
            {
                _rowStarts += page.RowStarts;
                _loaded.Enqueue(page);
            }
            if (!HasValue)
                Advance();
        }
        return true;
    }

    /// <summary>Goes to the next value.</summary>
    public void Advance()
    {
        if (_left == 0 && !NextPage())
        {
            (Repetition, Definition, HasValue) = (0, -1, false);
            return;
        }
        _left--;
        Repetition = _page!.Repetitions.Next();
        Definition = _page.Definitions.Next();
        if (Repetition > Leaf.MaxRepetition || Definition > Leaf.MaxDefinition)
            throw ParquetFault.Corrupt($"A page of column '{Leaf.Path}' has levels that its schema does not.");
        HasValue = true;
        if (Repetition == 0)
            _rowStarts--;
        if (Definition == Leaf.MaxDefinition)
            _page.Values.Next(ref _value);
    }

    /// <summary>Passes over the rest of the row.</summary>
    public void SkipRow()
    {
        do
            Advance();
        while (Repetition > 0);
    }

    /// <summary>Lets go of what is held.</summary>
    public void Close()
    {
        while (NextPage())
            _left = 0;
        _pages.Close();
    }

    private bool NextPage()
    {
        if (_page is not null)
            _pages.GiveBack(_page.Buffer);
        _page = _loaded.TryDequeue(out var next) ? next : null;
        _left = _page?.Count ?? 0;
        return _page is not null;
    }
}
