namespace Temper.Ingest;

/// <summary>Rows of a Parquet file in order, each as one JSON object. Row groups that the filters' statistics rule out are not read at all.</summary>
internal sealed class ParquetRowReader
{
    private const int LeastRowBytes = 8;
    private readonly RangeSource _source;
    private readonly ParquetFooter _footer;
    private readonly LeafType[] _leafTypes;
    private readonly List<ColumnFilter> _filters;
    private readonly ParquetLimits _limits;
    private readonly LeafCursor?[] _leaves;
    private readonly int[] _wanted, _filterOnly;
    private readonly RowWriter _writer;
    private readonly HeldBytes _held;
    private long _skip, _left, _made, _read;
    private int _group = -1;

    public ParquetRowReader(RangeSource source, ParquetFooter footer, LeafType[] leaves, ParquetNode[] columns, List<ColumnFilter> filters, long firstRow, ParquetLimits limits)
    {
        (_source, _footer, _leafTypes, _filters, _limits, _skip) = (source, footer, leaves, filters, limits, firstRow);
        (_leaves, _held) = (new LeafCursor?[leaves.Length], new(source.Name, limits));
        _writer = new(columns, _leaves, limits.RowBytes);
        var written = columns.SelectMany(column => Enumerable.Range(column.FirstLeaf, column.Leaves)).ToHashSet();
        _filterOnly = [.. filters.Select(filter => filter.Leaf).Where(leaf => !written.Contains(leaf)).Distinct()];
        _wanted = [.. written.Concat(_filterOnly).Order()];
    }

    /// <summary>The row that was read last.</summary>
    public ReadOnlySpan<byte> Row => _writer.Row;

    /// <summary>Whether that row is longer than the limit, and cut.</summary>
    public bool TooLong => _writer.TooLong;

    /// <summary>Rows of the file that are behind, whether they stayed or not: the last row's number, from 1.</summary>
    public long RowsBehind { get; private set; }

    /// <summary>Row groups that were passed over by their statistics.</summary>
    public int GroupsSkipped { get; private set; }

    /// <summary>Goes to the next row that stays; false at the end of the file.</summary>
    /// <exception cref="Core.Errors.TemperException">Codes <c>FILE_…</c>; nothing of the file can be trusted then.</exception>
    public async ValueTask<bool> ReadAsync(CancellationToken ct)
    {
        while (await HasRowAsync(ct).ConfigureAwait(false))
        {
            if (Take())
                return true;
        }
        return false;
    }

    /// <summary>The same without waiting; false also where pages must be read first.</summary>
    public bool TryRead()
    {
        while (_left > 0 && InMemory())
        {
            if (Take())
                return true;
        }
        return false;
    }

    private bool InMemory()
    {
        foreach (var index in _wanted)
        {
            if (_leaves[index] is not { HasRow: true, Repetition: 0 })
                return false;
        }
        return true;
    }

    /// <summary>Passes a row that is in memory; whether it stays.</summary>
    private bool Take()
    {
        _left--;
        RowsBehind++;
        var stays = _skip == 0 && Stays();
        if (stays)
        {
            _writer.Write();
            SkipRow(_filterOnly);
        }
        else
            SkipRow(_wanted);
        _skip -= _skip > 0 ? 1 : 0;
        _made += LeastRowBytes + (stays ? Row.Length : 0);
        if (_made > _limits.RatioFrom && _made / _limits.Ratio > _read)
            throw new Core.Errors.TemperException("FILE_RATIO", $"{_read} bytes of '{_source.Name}' become {_made} bytes of rows and more; at most {_limits.Ratio} to 1 is expected.");
        return stays;
    }

    /// <summary>Whether all columns stand at the begin of a row that is in memory.</summary>
    private async ValueTask<bool> HasRowAsync(CancellationToken ct)
    {
        while (_left == 0)
        {
            await EndGroupAsync(ct).ConfigureAwait(false);
            if (!NextGroup())
                return false;
            await OpenAsync(_footer.Groups[_group], ct).ConfigureAwait(false);
        }
        foreach (var index in _wanted)
        {
            var leaf = _leaves[index]!;
            if (!leaf.HasRow && !await leaf.EnsureRowAsync(ct).ConfigureAwait(false))
                throw ParquetFault.Corrupt($"Column '{leaf.Leaf.Path}' of '{_source.Name}' ends {_left} rows before row group {_group} does.");
            if (leaf.Repetition != 0)
                throw ParquetFault.Corrupt($"Column '{leaf.Leaf.Path}' of '{_source.Name}' begins row group {_group} inside a row.");
        }
        return true;
    }

    private bool NextGroup()
    {
        while (++_group < _footer.Groups.Length)
        {
            var group = _footer.Groups[_group];
            if (_skip >= group.Rows)
                _skip -= group.Rows;
            else if (!Begin(group))
                (_skip, GroupsSkipped) = (0, GroupsSkipped + 1);
            else
                return true;
            RowsBehind += group.Rows;
        }
        return false;
    }

    /// <summary>Shows all filters the statistics, since each keeps those that its rows are held against; false when one lets no row stay.</summary>
    private bool Begin(RowGroup group)
    {
        var stays = true;
        foreach (var filter in _filters)
            stays &= filter.Begin(group.Columns[filter.Leaf]);
        return stays;
    }

    private async ValueTask OpenAsync(RowGroup group, CancellationToken ct)
    {
        var source = await TogetherAsync([.. _wanted.Select(index => group.Columns[index])], ct).ConfigureAwait(false);
        _left = group.Rows;
        foreach (var index in _wanted)
        {
            _read += group.Columns[index].Bytes;
            _leaves[index] = new(_leafTypes[index], new(source, _leafTypes[index], group.Columns[index], _held, _limits));
        }
    }

    /// <summary>Columns that lie close together come by one request, which matters where a request is slow.</summary>
    private async ValueTask<RangeSource> TogetherAsync(ColumnChunk[] chunks, CancellationToken ct)
    {
        if (chunks.Length < 2)
            return _source;
        var (start, end) = (chunks.Min(chunk => chunk.Start), chunks.Max(chunk => chunk.Start + chunk.Bytes));
        if (end - start > _limits.TogetherBytes || chunks.Sum(chunk => chunk.Bytes) < (end - start) / 2)
            return _source;
        var bytes = new byte[end - start];
        await _source.ReadAsync(start, bytes, ct).ConfigureAwait(false);
        return new(_source.Name, _source.Length, (offset, length, _) => Task.FromResult<Stream>(new MemoryStream(bytes, (int)(offset - start), (int)length, writable: false)));
    }

    /// <summary>Behind the last row no column may have more.</summary>
    private async ValueTask EndGroupAsync(CancellationToken ct)
    {
        foreach (var index in _wanted)
        {
            if (_leaves[index] is not { } leaf)
                continue;
            if (await leaf.EnsureRowAsync(ct).ConfigureAwait(false))
                throw ParquetFault.Corrupt($"Column '{leaf.Leaf.Path}' of '{_source.Name}' has more rows than row group {_group}.");
            leaf.Close();
            _leaves[index] = null;
        }
    }

    private bool Stays()
    {
        var stays = true;
        foreach (var filter in _filters)
            stays &= filter.Holds(_leaves[filter.Leaf]!);
        return stays;
    }

    private void SkipRow(int[] leaves)
    {
        foreach (var index in leaves)
            _leaves[index]!.SkipRow();
    }
}
