namespace Temper.Ingest;

/// <summary>
/// Splits bytes into lines: LF only, one CR trimmed, one UTF-8 byte order mark skipped. A line over the limit is passed over without keeping it,
/// so that memory stays flat whatever the file holds. Read lines until <see cref="TryRead"/> is false, then fill, until filling is false.
/// </summary>
internal sealed class LineReader(Stream source, int maxLineBytes, long offset, long linesBefore)
{
    private const int Chunk = 256 << 10;
    private readonly OversizedLine _oversized = new();
    private byte[] _buffer = new byte[Chunk];
    private int _start, _scanned, _end;
    private long _offset = offset, _number = linesBefore;
    private bool _began, _ended;

    /// <summary>Why the file is no UTF-8 text; no line comes after it was found.</summary>
    public FileFault? Fault { get; private set; }

    /// <summary>Whether the file began with a UTF-8 byte order mark.</summary>
    public bool ByteOrderMark { get; private set; }

    /// <summary>Where the next line begins.</summary>
    public long Offset => _offset;

    /// <summary>Lines read or passed over, from the file's begin.</summary>
    public long LinesRead => _number;

    /// <summary>The next line in the buffer. Its bytes are valid until the next call.</summary>
    public bool TryRead(out Line line)
    {
        var found = _buffer.AsSpan(_scanned, _end - _scanned).IndexOf((byte)'\n');
        if (found >= 0)
            return Take(_scanned + found, 1, out line);
        _scanned = _end;
        if (_ended && (_end > _start || _oversized.Length > 0))
            return Take(_end, 0, out line);
        // One more than the limit, for a CR that is not part of the line.
        if (_oversized.Length > 0 || _end - _start > maxLineBytes + 1)
        {
            _oversized.Add(_buffer.AsSpan(_start, _end - _start));
            _start = _scanned = _end;
        }
        line = default;
        return false;
    }

    /// <summary>Reads on; false at the end of the file.</summary>
    public async ValueTask<bool> FillAsync(CancellationToken ct)
    {
        if (_ended)
            return false;
        MakeRoom();
        do
        {
            var read = await source.ReadAsync(_buffer.AsMemory(_end), ct).ConfigureAwait(false);
            _ended = read == 0;
            _end += read;
        } while (!_began && !_ended && _end < TextEncodings.Sample);
        if (!_began)
            Begin();
        return Fault is null && (!_ended || _end > _start || _oversized.Length > 0);
    }

    private void Begin()
    {
        _began = true;
        if (_offset != 0)
            return;
        Fault = TextEncodings.FaultOf(_buffer.AsSpan(0, _end));
        ByteOrderMark = _buffer.AsSpan(0, _end).StartsWith(TextEncodings.Utf8Mark);
        if (!ByteOrderMark)
            return;
        _start = _scanned = TextEncodings.Utf8Mark.Length;
        _offset = _start;
    }

    private bool Take(int end, int newline, out Line line)
    {
        var bytes = _buffer.AsSpan(_start, end - _start);
        var size = _oversized.Length + bytes.Length + newline;
        if (_oversized.Length > 0)
        {
            _oversized.Add(bytes);
            var (head, length, digest) = _oversized.Finish(trimCr: newline == 1);
            line = new(head, ++_number, _offset, length, true, newline == 0, digest);
        }
        else
        {
            if (newline == 1 && bytes.EndsWith("\r"u8))
                bytes = bytes[..^1];
            line = new(bytes, ++_number, _offset, bytes.Length, bytes.Length > maxLineBytes, newline == 0, null);
        }
        _offset += size;
        _start = _scanned = end + newline;
        return true;
    }

    private void MakeRoom()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_end, _scanned, _start) = (_end - _start, _scanned - _start, 0);
        }
        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, (int)Math.Min(_buffer.Length * 2L, Math.Max(maxLineBytes + (long)Chunk, _buffer.Length + Chunk)));
    }
}
