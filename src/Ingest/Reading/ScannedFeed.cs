namespace Temper.Ingest;

/// <summary>What a scan found.</summary>
internal enum Scan
{
    /// <summary>The bytes at hand do not decide; read on.</summary>
    More,

    /// <summary>A row begins behind the used bytes, which belong to none.</summary>
    Begin,

    /// <summary>The row ends with the used bytes.</summary>
    End,

    /// <summary>No row follows.</summary>
    Stop,
}

/// <summary>
/// Rows that a scanner finds in a stream of bytes, a buffer at a time. A row over the limit is passed over without keeping it. The place behind a row
/// is the place in front of what separates it from the next, so that a feed that begins there knows what it must see first.
/// </summary>
internal abstract class ScannedFeed(DataFile data, Stream source, int maxRowBytes, long offset, long rowsBefore) : RowFeed
{
    private const int Chunk = 256 << 10;
    private readonly OversizedLine _oversized = new();
    private byte[] _buffer = new byte[Chunk];
    private int _start, _scanned, _end;
    private long _position = offset, _behind = offset, _rowsBehind = rowsBefore, _number;
    private bool _began = offset != 0, _inRow, _ended, _stopped, _mark;

    public override FileFault? Fault => data.Fault ?? Broken;

    public override bool ByteOrderMark => _mark;

    public override int? Members => data.Members;

    public override long Offset => _stopped ? _position : _behind;

    public override long RowsRead => _rowsBehind;

    /// <summary>What is wrong with the file's own syntax; no row comes after it was set.</summary>
    protected FileFault? Broken { get; set; }

    /// <summary>Lines or elements passed so far; the scanner counts.</summary>
    protected long Counted { get; set; } = rowsBefore;

    /// <summary>Bytes in front of the scanner, from the file's begin.</summary>
    protected long Position => _position + (_scanned - _start);

    /// <summary>Most bytes of a row.</summary>
    protected int MaxRowBytes => maxRowBytes;

    public sealed override bool TryRead(out Line row)
    {
        while (!_stopped && Broken is null)
        {
            var found = Find(_buffer.AsSpan(_scanned, _end - _scanned), _ended, out var used);
            _scanned += used;
            if (!_inRow)
                Drop();
            if (found == Scan.Begin)
                (_inRow, _number) = (true, Counted + 1);
            else if (found == Scan.End)
                return Take(out row);
            else if (found == Scan.More)
                break;
            else
                _stopped = true;
        }
        // Two more than the limit, for a line end that is not part of the row.
        if (_inRow && (_oversized.Length > 0 || _scanned - _start > maxRowBytes + 2))
        {
            _oversized.Add(_buffer.AsSpan(_start, _scanned - _start));
            Drop();
        }
        row = default;
        return false;
    }

    public sealed override async ValueTask<bool> FillAsync(CancellationToken ct)
    {
        if (_ended || _stopped || Broken is not null)
            return false;
        MakeRoom();
        do
        {
            var read = await source.ReadAsync(_buffer.AsMemory(_end), ct).ConfigureAwait(false);
            _ended = read == 0;
            _end += read;
        } while (!_began && !_ended && _end < TextEncodings.Utf8Mark.Length);
        if (!_began)
            Begin();
        return true;
    }

    public override ValueTask DisposeAsync() => data.DisposeAsync();

    /// <summary>Looks at bytes that were not looked at yet, and says how many of them are done with.</summary>
    /// <param name="unseen">May be empty.</param>
    /// <param name="last">Whether the file ends with them. Then the answer is never <see cref="Scan.More"/>.</param>
    /// <param name="used">Bytes in front of what was found.</param>
    protected abstract Scan Find(ReadOnlySpan<byte> unseen, bool last, out int used);

    /// <summary>Makes JSON of a row.</summary>
    /// <param name="raw">What the file holds, without what separates it from the next, one CR trimmed.</param>
    /// <param name="number">Of the row.</param>
    /// <param name="offset">Of its first byte.</param>
    /// <param name="cut">Whether the file's packing broke inside it.</param>
    protected abstract Line Make(ReadOnlySpan<byte> raw, long number, long offset, bool cut);

    private bool Take(out Line row)
    {
        var raw = _buffer.AsSpan(_start, _scanned - _start);
        var cut = _ended && _scanned == _end && data.Fault is not null;
        var begin = _position - _oversized.Length;
        if (_oversized.Length > 0)
        {
            _oversized.Add(raw);
            var (head, length, digest) = _oversized.Finish(trimCr: true);
            row = new(head.AsSpan(0, (int)Math.Min(head.Length, length)), _number, begin, length, true, false, digest);
        }
        else
        {
            var kept = raw.EndsWith("\r"u8) ? raw[..^1] : raw;
            row = kept.Length > maxRowBytes ? new(kept, _number, begin, kept.Length, true, false, null) : Make(kept, _number, begin, cut);
        }
        Drop();
        (_inRow, _behind, _rowsBehind) = (false, _position, Counted);
        return true;
    }

    private void Drop()
    {
        _position += _scanned - _start;
        _start = _scanned;
    }

    private void Begin()
    {
        _began = true;
        if (!_buffer.AsSpan(0, _end).StartsWith(TextEncodings.Utf8Mark))
            return;
        _mark = true;
        _scanned = TextEncodings.Utf8Mark.Length;
        Drop();
    }

    private void MakeRoom()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_end, _scanned, _start) = (_end - _start, _scanned - _start, 0);
        }
        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, (int)Math.Min(_buffer.Length * 2L, Math.Max(maxRowBytes + (long)Chunk, _buffer.Length + Chunk)));
    }
}
