using System.Buffers.Binary;
using System.IO.Hashing;

namespace Temper.Ingest;

/// <summary>
/// Unpacks a Zstandard file (RFC 8878) block by block: frames one after another, frames to be skipped between them, sizes and check sums compared. Only the
/// frame's window is kept, so memory does not grow with the file; a frame that asks for a larger window than <see cref="MostWindow"/> is refused.
/// </summary>
internal sealed class ZstdMembers(Stream compressed) : PackedStream
{
    /// <summary>Largest window in bytes: that of level 20. Levels 21 and 22 and long-distance matching may ask for more.</summary>
    public const int MostWindow = 32 << 20;

    private const int SmallestBuffer = 256 << 10;
    private readonly Stream _source = new BufferedStream(compressed, 64 << 10);
    private readonly byte[] _packed = new byte[ZstdHeader.LargestBlock];
    private readonly ZstdBlock _block = new(0);
    private readonly XxHash64 _check = new();
    private byte[] _window = [];
    private int _filled, _given;
    private ulong _size;
    private long _consumed;
    private ZstdHeader? _frame;
    private bool _ended;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_given == _filled)
        {
            if (_ended || buffer.IsEmpty)
                return 0;
            try
            {
                if (_frame is null)
                    await BeginFrameAsync(cancellationToken).ConfigureAwait(false);
                else
                    await ReadBlockAsync(_frame.Value, cancellationToken).ConfigureAwait(false);
            }
            catch (InvalidDataException)
            {
                End(new("FILE_CORRUPT", $"The compressed data is damaged at about byte {_consumed}."));
            }
        }
        var count = Math.Min(buffer.Length, _filled - _given);
        _window.AsMemory(_given, count).CopyTo(buffer);
        _given += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _source.Dispose();
        base.Dispose(disposing);
    }

    private async ValueTask BeginFrameAsync(CancellationToken ct)
    {
        var read = await TakeAsync(4, ct).ConfigureAwait(false);
        var magic = BinaryPrimitives.ReadUInt32LittleEndian(_packed);
        if (read == 0)
            End(Members > 0 ? null : new("FILE_TRUNCATED", "The file has 0 bytes; a Zstandard file has at least one frame."));
        else if (read < 4)
            End(Members == 0 ? Cut() : Tail(read));
        else if (ZstdHeader.IsSkippable(magic))
            await SkipFrameAsync(ct).ConfigureAwait(false);
        else if (magic != ZstdHeader.Magic)
            End(Members == 0 ? new("FILE_CORRUPT", "The file does not begin as Zstandard.") : Tail(read));
        else if (await TakeAsync(1, ct).ConfigureAwait(false) < 1 || await TakeAsync(ZstdHeader.LengthOf(_packed[0]) - 1, ct, behind: 1).ConfigureAwait(false) is var rest && rest < ZstdHeader.LengthOf(_packed[0]) - 1)
            End(Cut());
        else
            Begin(ZstdHeader.Read(_packed.AsSpan(0, ZstdHeader.LengthOf(_packed[0]))));
    }

    private void Begin(ZstdHeader header)
    {
        if (header.NeedsDictionary)
            End(new("FILE_UNSUPPORTED", $"Frame {Members + 1} needs a dictionary, which is not in the file; compress it again without one."));
        else if (header.Window > MostWindow)
            End(new("FILE_UNSUPPORTED", $"Frame {Members + 1} needs a window of {header.Window} bytes; at most {MostWindow} are kept. Compress it again without --long and --ultra: zstd -19."));
        else
        {
            _frame = header;
            (_filled, _given, _size) = (0, 0, 0);
            _check.Reset();
            _block.Begin((long)header.Window);
        }
    }

    private async ValueTask SkipFrameAsync(CancellationToken ct)
    {
        if (await TakeAsync(4, ct).ConfigureAwait(false) < 4)
        {
            End(Cut());
            return;
        }
        for (long left = BinaryPrimitives.ReadUInt32LittleEndian(_packed); left > 0;)
        {
            var read = await TakeAsync((int)Math.Min(left, _packed.Length), ct).ConfigureAwait(false);
            left -= read;
            if (read > 0)
                continue;
            End(Cut());
            return;
        }
    }

    private async ValueTask ReadBlockAsync(ZstdHeader frame, CancellationToken ct)
    {
        if (await TakeAsync(3, ct).ConfigureAwait(false) < 3)
        {
            End(Cut());
            return;
        }
        var head = _packed[0] | (_packed[1] << 8) | (_packed[2] << 16);
        var (last, kind, size) = ((head & 1) == 1, (head >> 1) & 3, head >> 3);
        if (kind == 3 || size > frame.MostInBlock)
            throw new InvalidDataException("A block is too large, or of no known kind.");
        var stored = kind == 1 ? 1 : size;
        if (await TakeAsync(stored, ct).ConfigureAwait(false) < stored)
        {
            End(Cut());
            return;
        }
        Unpack(frame, kind, size);
        if (last && !_ended)
            await EndFrameAsync(frame, ct).ConfigureAwait(false);
    }

    private void Unpack(ZstdHeader frame, int kind, int size)
    {
        MakeRoom(frame);
        var target = _window.AsSpan(0, _filled + frame.MostInBlock);
        var from = _filled;
        if (kind == 0)
            _packed.AsSpan(0, size).CopyTo(target[_filled..]);
        else if (kind == 1)
            target.Slice(_filled, size).Fill(_packed[0]);
        else
            _block.Unpack(_packed.AsSpan(0, size), target, ref _filled);
        _filled += kind == 2 ? 0 : size;
        _check.Append(_window.AsSpan(from, _filled - from));
        _size += (uint)(_filled - from);
        Expanded += _filled - from;
        if (frame.Size < _size)
            throw new InvalidDataException("A frame has more bytes than it says.");
        if (TooMuch(_consumed) is { } fault)
            End(fault);
    }

    private async ValueTask EndFrameAsync(ZstdHeader frame, CancellationToken ct)
    {
        _frame = null;
        if (frame.HasCheck && await TakeAsync(4, ct).ConfigureAwait(false) < 4)
            End(Cut());
        else if (frame.Size is { } size && size != _size)
            End(new("FILE_CORRUPT", $"Frame {Members + 1} has {_size} bytes; it says {size}."));
        else if (frame.HasCheck && BinaryPrimitives.ReadUInt32LittleEndian(_packed) != unchecked((uint)_check.GetCurrentHashAsUInt64()))
            End(new("FILE_CORRUPT", $"Frame {Members + 1} does not have the check sum that it states, near byte {_consumed}."));
        else
            Members++;
    }

    /// <summary>Everything unpacked was given: what copies cannot reach any more makes room, once in as many bytes as the window has.</summary>
    private void MakeRoom(ZstdHeader frame)
    {
        if (_window.Length - _filled >= frame.MostInBlock)
            return;
        var most = 2 * (int)frame.Window + SmallestBuffer;
        if (_window.Length < most)
            Array.Resize(ref _window, Math.Min(most, Math.Max(SmallestBuffer, 2 * _window.Length)));
        if (_window.Length - _filled >= frame.MostInBlock)
            return;
        var keep = Math.Min(_filled, (int)frame.Window);
        _window.AsSpan(_filled - keep, keep).CopyTo(_window);
        (_filled, _given) = (keep, keep);
    }

    private async ValueTask<int> TakeAsync(int count, CancellationToken ct, int behind = 0)
    {
        var read = await _source.ReadAtLeastAsync(_packed.AsMemory(behind, count), count, throwOnEndOfStream: false, ct).ConfigureAwait(false);
        _consumed += read;
        return read;
    }

    private void End(FileFault? fault) => (_ended, Fault) = (true, fault ?? Fault);

    private FileFault Cut() => new("FILE_TRUNCATED", $"The file ends inside frame {Members + 1}, at byte {_consumed}.", Partial: true);

    private FileFault Tail(int read) => new("FILE_CORRUPT", $"Bytes that are no frame follow frame {Members} at byte {_consumed - read}.", Partial: true);
}
