namespace Temper.Ingest;

/// <summary>What became of the rows between two places of a file, before it is stored. Its buffers are reused.</summary>
internal sealed class JudgedSlice
{
    private const int Small = 4 << 20;

    /// <summary>Verdicts, in order.</summary>
    public ByteBuffer Output { get; } = new(1 << 16);

    /// <summary>Quarantined rows as they came.</summary>
    public ByteBuffer Aside { get; } = new(1 << 10);

    /// <summary>Signs of the sound records.</summary>
    public ByteBuffer Signs { get; } = new(1 << 16);

    /// <summary>How many signs.</summary>
    public int Signed { get; private set; }

    /// <summary>What the sound records are like.</summary>
    public RecordShape Shape { get; private set; } = new();

    /// <summary>The slice's counts.</summary>
    public FileTally Tally { get; private set; } = new();

    /// <summary>Where it begins.</summary>
    public Cursor From { get; private set; } = new(0, 0);

    /// <summary>Where the next one begins.</summary>
    public Cursor Next { get; set; } = new(0, 0);

    /// <summary>Whether the file ends with it.</summary>
    public bool Ended { get; set; }

    /// <summary>Begins anew.</summary>
    public void Begin(Cursor from)
    {
        Output.Clear();
        Aside.Clear();
        Signs.Clear();
        (Signed, Shape, Tally, From, Next, Ended) = (0, new(), new(), from, from, false);
    }

    /// <summary>Adds the next block's verdicts.</summary>
    /// <param name="block">Judged.</param>
    /// <param name="signs">How its signs are laid out.</param>
    /// <param name="most">About how many bytes a whole slice takes.</param>
    public void Add(RowBlock block, RecordSigns signs, long most)
    {
        if (Output.Length + block.Output.Length > Small)
            Output.GrowTo((int)Math.Min(Array.MaxLength, Math.Max(most + (most / 4), Output.Length + block.Output.Length)));
        signs.Shift(block.Signs.Content, Output.Length);
        Output.Add(block.Output.Written);
        Aside.Add(block.Aside.Written);
        Signs.Add(block.Signs.Written);
        Signed += block.Signed;
        Shape = RecordShape.Sum([Shape, block.Shape]);
        Tally.Add(block.Tally);
    }
}

/// <summary>
/// Reads rows on the caller's thread and has them judged on others, in blocks that are put together in the file's order: what a slice holds does not depend
/// on how many threads there are.
/// </summary>
/// <param name="config">Resolved.</param>
/// <param name="filters">Of the configuration.</param>
/// <param name="options">How much a slice holds, and how many threads.</param>
/// <param name="turn">A slice ends with it.</param>
internal sealed class SliceMaker(DatasetConfig config, RecordFilters filters, IngestOptions options, WorkTurn turn) : IDisposable
{
    private const int BlockBytes = 384 << 10;
    private readonly RecordSigns _signs = RecordSigner.Layout(config.Dedup.Near);
    private readonly Stack<RowJudge> _judges = new();
    private readonly Stack<RowBlock> _blocks = new();
    private readonly Queue<(RowBlock Block, RowJudge Judge, Task Work)> _running = new();
    private bool _follows;

    /// <summary>Judges rows until the slice is full, by bytes or by time, or the file ends.</summary>
    public async Task MakeAsync(SourceFile file, RowFeed rows, JudgedSlice slice, Action<long> progress, CancellationToken ct)
    {
        _follows = false;
        try
        {
            slice.Ended = await ReadAsync(file, rows, slice, progress, ct).ConfigureAwait(false);
            while (_running.Count > 0 && await CollectAsync(slice).ConfigureAwait(false))
            {
            }
        }
        finally
        {
            await DropAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var judge in _judges)
            judge.Dispose();
    }

    private async Task<bool> ReadAsync(SourceFile file, RowFeed rows, JudgedSlice slice, Action<long> progress, CancellationToken ct)
    {
        var (began, block) = (rows.Offset, NewBlock(rows.Offset));
        do
        {
            while (rows.TryRead(out var row))
            {
                block.Add(row, rows.Offset, rows.RowsRead);
                _follows |= !LineValidator.IsBlank(row);
                slice.Tally.Bytes = rows.Offset - began;
                slice.Tally.ByteOrderMark = began == 0 && rows.ByteOrderMark;
                slice.Next = new(rows.Offset, rows.RowsRead);
                if (slice.Tally.Bytes >= options.SliceBytes)
                {
                    Start(file, block);
                    return false;
                }
                if (block.Length < BlockBytes)
                    continue;
                Start(file, block);
                if (_running.Count > options.Threads && !await CollectAsync(slice).ConfigureAwait(false))
                    return true;
                block = NewBlock(rows.Offset);
            }
            progress(rows.Offset);
            if (turn.Over && slice.Tally.Bytes > 0)
            {
                Start(file, block);
                return false;
            }
        } while (await rows.FillAsync(ct).ConfigureAwait(false));
        Start(file, block);
        slice.Next = new(rows.Offset, rows.RowsRead);
        slice.Tally.Members = rows.Members;
        slice.Tally.Fault = rows.Fault;
        return true;
    }

    private RowBlock NewBlock(long offset)
    {
        var block = _blocks.TryPop(out var free) ? free : new();
        block.Clear();
        (block.Follows, block.Before) = (_follows, offset);
        return block;
    }

    private void Start(SourceFile file, RowBlock block)
    {
        var judge = _judges.TryPop(out var free) ? free : new(config, filters);
        _running.Enqueue((block, judge, Task.Run(() => judge.Judge(file, block))));
    }

    /// <summary>Adds the oldest block to the slice, once it is judged; false where the slice ends with it because the file is not made of lines.</summary>
    private async Task<bool> CollectAsync(JudgedSlice slice)
    {
        var (block, judge, work) = _running.Peek();
        await work.ConfigureAwait(false);
        _running.Dequeue();
        slice.Add(block, _signs, options.SliceBytes);
        var broken = block.Broken;
        if (broken >= 0)
        {
            (slice.Ended, slice.Next) = (true, block.Behind(broken));
            // As if nothing had been read on: of a slice's first line not even the mark before it is told.
            slice.Tally.Bytes = (broken > 0 ? block.Behind(broken - 1).Offset : block.Before) - slice.From.Offset;
            slice.Tally.ByteOrderMark &= slice.Tally.Bytes > 0;
            (slice.Tally.Members, slice.Tally.Fault) = (null, new("FILE_NOT_JSONL", "The file is one JSON document over several lines; one record a line is expected."));
        }
        Free(block, judge);
        return broken < 0;
    }

    private void Free(RowBlock block, RowJudge judge)
    {
        _judges.Push(judge);
        if (block.Reusable)
            _blocks.Push(block);
    }

    /// <summary>Waits for blocks that nobody asks for any more.</summary>
    private async Task DropAsync()
    {
        while (_running.TryDequeue(out var running))
        {
            await running.Work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Free(running.Block, running.Judge);
        }
    }
}
