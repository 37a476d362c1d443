using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace Temper.Ingest;

/// <summary>
/// Unpacks a gzip file (RFC 1952) and trusts nothing: members are counted, and each one's CRC-32 and size are compared here, because the
/// platform's GZipStream ends without a word where a file was cut.
/// </summary>
internal sealed class GzipMembers(Stream compressed) : PackedStream
{
    private readonly GzipFeed _feed = new(compressed);
    private readonly Crc32 _crc = new();
    private DeflateStream? _inflater;
    private uint _size;
    private bool _ended;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!_ended && (_inflater is not null || await BeginMemberAsync(cancellationToken).ConfigureAwait(false)))
        {
            var read = await InflateAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (read > 0)
                return read;
            if (!_ended)
                await EndMemberAsync(cancellationToken).ConfigureAwait(false);
        }
        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inflater?.Dispose();
            _feed.Dispose();
            compressed.Dispose();
        }
        base.Dispose(disposing);
    }

    private async ValueTask<int> InflateAsync(Memory<byte> buffer, CancellationToken ct)
    {
        try
        {
            var read = await _inflater!.ReadAsync(buffer, ct).ConfigureAwait(false);
            _crc.Append(buffer.Span[..read]);
            unchecked
            {
                _size += (uint)read;
            }
            Expanded += read;
            if (TooMuch(_feed.Consumed) is { } fault)
                return End(fault);
            return read;
        }
        catch (InvalidDataException)
        {
            return _feed.RanDry ? End(Cut()) : End(new("FILE_CORRUPT", $"The compressed data is damaged at about byte {_feed.Consumed}."));
        }
    }

    private async ValueTask EndMemberAsync(CancellationToken ct)
    {
        await _inflater!.DisposeAsync().ConfigureAwait(false);
        _inflater = null;
        var trailer = new byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(trailer, _crc.GetCurrentHashAsUInt32());
        BinaryPrimitives.WriteUInt32LittleEndian(trailer.AsSpan(4), _size);
        if (_feed.RanDry)
            End(Cut());
        else if (await _feed.SkipTrailerAsync(trailer, ct).ConfigureAwait(false))
            Members++;
        else
            End(_feed.EndsWithin(trailer) ? Cut() : new("FILE_CORRUPT", $"Member {Members + 1} does not have the CRC-32 and size that its end, near byte {_feed.Consumed}, must state."));
    }

    private async ValueTask<bool> BeginMemberAsync(CancellationToken ct)
    {
        var header = await _feed.PeekAsync(10, ct).ConfigureAwait(false);
        if (header.IsEmpty)
        {
            _ended = true;
            if (Members == 0)
                Fault = new("FILE_TRUNCATED", "The file has 0 bytes; a gzip file has at least one member.");
            return false;
        }
        if (!StartsAsMember(header.Span))
        {
            End(new("FILE_CORRUPT", Members == 0 ? "The file does not begin as gzip." : $"Bytes that are no gzip member follow member {Members} at byte {_feed.Consumed}.", Partial: Members > 0));
            return false;
        }
        if (header.Length < 10 || !await SkipHeaderAsync(header.Span[3], ct).ConfigureAwait(false))
        {
            End(Cut());
            return false;
        }
        _crc.Reset();
        _size = 0;
        _inflater = new DeflateStream(_feed, CompressionMode.Decompress, leaveOpen: true);
        return true;
    }

    private static bool StartsAsMember(ReadOnlySpan<byte> header)
    {
        ReadOnlySpan<byte> magic = [0x1F, 0x8B, 0x08];
        return header[..Math.Min(3, header.Length)].SequenceEqual(magic[..Math.Min(3, header.Length)]) && (header.Length < 4 || header[3] < 0x20);
    }

    private async ValueTask<bool> SkipHeaderAsync(byte flags, CancellationToken ct)
    {
        _feed.Skip(10);
        if ((flags & 4) != 0)
        {
            var extra = await _feed.PeekAsync(2, ct).ConfigureAwait(false);
            if (extra.Length < 2 || !await SkipAsync(2 + BinaryPrimitives.ReadUInt16LittleEndian(extra.Span), ct).ConfigureAwait(false))
                return false;
        }
        foreach (var text in (int[])[8, 16])
        {
            if ((flags & text) != 0 && !await SkipTextAsync(ct).ConfigureAwait(false))
                return false;
        }
        return (flags & 2) == 0 || await SkipAsync(2, ct).ConfigureAwait(false);
    }

    private async ValueTask<bool> SkipTextAsync(CancellationToken ct)
    {
        for (var wanted = 1; wanted <= 64 << 10; wanted *= 2)
        {
            var bytes = await _feed.PeekAsync(wanted, ct).ConfigureAwait(false);
            if (bytes.Span.IndexOf((byte)0) is >= 0 and var end)
                return await SkipAsync(end + 1, ct).ConfigureAwait(false);
            if (bytes.Length < wanted)
                return false;
        }
        return false;
    }

    private async ValueTask<bool> SkipAsync(int count, CancellationToken ct)
    {
        var bytes = await _feed.PeekAsync(count, ct).ConfigureAwait(false);
        if (bytes.Length < count)
            return false;
        _feed.Skip(count);
        return true;
    }

    private int End(FileFault fault)
    {
        _ended = true;
        Fault = fault;
        return 0;
    }

    private FileFault Cut() => new("FILE_TRUNCATED", $"The file ends inside member {Members + 1}, at byte {_feed.Consumed}.", Partial: true);
}
