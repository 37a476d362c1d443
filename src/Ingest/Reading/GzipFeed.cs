using Temper.Core.Files;

namespace Temper.Ingest;

/// <summary>
/// Compressed bytes on their way to the inflater, which never says how much of its last read it used. So the feed remembers where that read began:
/// the end of the compressed data lies behind it.
/// </summary>
internal sealed class GzipFeed(Stream source) : ForwardStream
{
    private static ReadOnlySpan<byte> Magic => [0x1F, 0x8B, 0x08];

    private byte[] _buffer = new byte[64 << 10];
    private int _position, _end, _lastRead;
    private long _before;

    /// <summary>Whether the file ended while the inflater asked for more.</summary>
    public bool RanDry { get; private set; }

    /// <summary>Compressed bytes handed out.</summary>
    public long Consumed => _before + _position;

    /// <summary>Bytes at hand from the position on, at least <paramref name="count"/> unless the file ends.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> PeekAsync(int count, CancellationToken ct)
    {
        await EnsureAsync(count, ct).ConfigureAwait(false);
        return _buffer.AsMemory(_position, _end - _position);
    }

    /// <summary>Passes over bytes that <see cref="PeekAsync"/> has shown.</summary>
    public void Skip(int count) => _lastRead = _position += count;

    /// <summary>Goes to the place behind <paramref name="trailer"/>, which begins inside the inflater's last read or right behind it; false when it is not there.</summary>
    public async ValueTask<bool> SkipTrailerAsync(byte[] trailer, CancellationToken ct)
    {
        await EnsureAsync(trailer.Length + Magic.Length, ct).ConfigureAwait(false);
        var from = Math.Min(_lastRead + 1, _position);
        var last = Math.Min(_end, _position + trailer.Length);
        var found = -1;
        for (var at = from; at + trailer.Length <= last; at++)
        {
            if (!_buffer.AsSpan(at, trailer.Length).SequenceEqual(trailer))
                continue;
            found = found < 0 ? at : found;
            // The end of the data may look like the trailer's begin, as in an empty member, whose trailer is zeros: a member or the file's end tells.
            var behind = _buffer.AsSpan(at + trailer.Length, _end - at - trailer.Length);
            if (behind.IsEmpty || behind.StartsWith(Magic))
            {
                found = at;
                break;
            }
        }
        if (found < 0)
            return false;
        _lastRead = _position = found + trailer.Length;
        return true;
    }

    /// <summary>Whether the file ends inside <paramref name="trailer"/>: none of it, or its begin, is the file's end.</summary>
    public bool EndsWithin(ReadOnlySpan<byte> trailer)
    {
        var rest = _buffer.AsSpan(Math.Min(_lastRead + 1, _position), _end - Math.Min(_lastRead + 1, _position));
        for (var kept = trailer.Length - 1; kept >= 3; kept--)
        {
            if (rest.EndsWith(trailer[..kept]))
                return true;
        }
        // A whole trailer ends with the size; without it, what is there is too short to be told from data.
        return !rest.EndsWith(trailer[4..]) && rest.Length < trailer.Length;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await EnsureAsync(1, cancellationToken).ConfigureAwait(false);
        var read = Math.Min(buffer.Length, _end - _position);
        RanDry |= read == 0;
        _buffer.AsMemory(_position, read).CopyTo(buffer);
        (_lastRead, _position) = (read > 0 ? _position : _lastRead, _position + read);
        return read;
    }

    private async ValueTask EnsureAsync(int count, CancellationToken ct)
    {
        while (_end - _position < count)
        {
            if (_end == _buffer.Length)
                Compact(count);
            var read = await source.ReadAsync(_buffer.AsMemory(_end), ct).ConfigureAwait(false);
            if (read == 0)
                return;
            _end += read;
        }
    }

    private void Compact(int count)
    {
        var keep = Math.Min(_lastRead, _position);
        if (keep == 0 || _end - keep + count > _buffer.Length)
            Array.Resize(ref _buffer, _buffer.Length * 2);
        _buffer.AsSpan(keep, _end - keep).CopyTo(_buffer);
        _before += keep;
        (_position, _end, _lastRead) = (_position - keep, _end - keep, _lastRead - keep);
    }
}
