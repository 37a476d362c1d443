using System.Globalization;
using System.Text;

namespace Temper.Ingest;

/// <summary>
/// Reads the headers of a tar archive, one after the other: ustar, pax and GNU's long names. Between headers a plain archive is jumped over and a
/// compressed one unpacked, so that its check sums are compared, too. An archive that does not end with its end mark was cut.
/// </summary>
internal sealed class TarDirectory(PinnedBlob blob, Packing packing, ArchiveLimits limits)
{
    private const int LongestExtension = 1 << 20;
    private readonly List<FoundEntry> _entries = [];
    private readonly byte[] _block = new byte[TarHeader.Bytes];
    private byte[]? _longName;
    private PaxRecords _pax = new();

    /// <summary>Every entry, in order.</summary>
    public async Task<ArchiveDirectory> ReadAsync(CancellationToken ct)
    {
        await using var bytes = await TarBytes.OpenAsync(blob, packing, ct).ConfigureAwait(false);
        var fault = await ReadEntriesAsync(bytes, ct).ConfigureAwait(false);
        return new(_entries, bytes.Fault ?? fault);
    }

    private async Task<FileFault?> ReadEntriesAsync(TarBytes bytes, CancellationToken ct)
    {
        while (true)
        {
            var at = bytes.Position;
            if (await bytes.ReadAsync(_block, ct).ConfigureAwait(false) < TarHeader.Bytes)
                return Cut();
            if (_block.AsSpan().IndexOfAnyExcept((byte)0) < 0)
                return await bytes.RestIsZeroAsync(ct).ConfigureAwait(false) ? null : new("ARCHIVE_BROKEN", "Something stands behind the archive's end mark.");
            if (!TarHeader.IsSound(_block) || new TarHeader(_block).Size is not { } size)
                return new("ARCHIVE_BROKEN", FormattableString.Invariant($"The header at byte {at} is damaged, behind {_entries.Count} entries."));
            if (await TakeAsync(bytes, size, ct).ConfigureAwait(false) is { } fault)
                return fault;
        }
    }

    private Task<FileFault?> TakeAsync(TarBytes bytes, long size, CancellationToken ct) => new TarHeader(_block).Type switch
    {
        (byte)'x' or (byte)'g' or (byte)'L' or (byte)'K' => ExtendAsync(bytes, size, ct),
        _ => AddAsync(bytes, size, ct),
    };

    /// <summary>An entry that says something of the next one.</summary>
    private async Task<FileFault?> ExtendAsync(TarBytes bytes, long size, CancellationToken ct)
    {
        var type = new TarHeader(_block).Type;
        if (size > LongestExtension)
            return new("ARCHIVE_BROKEN", FormattableString.Invariant($"A header of {size} bytes stands at byte {bytes.Position}; at most {LongestExtension} are read."));
        var content = new byte[size];
        if (await bytes.ReadAsync(content, ct).ConfigureAwait(false) < size || !await bytes.SkipAsync(Padding(size), ct).ConfigureAwait(false))
            return Cut();
        if (type == 'L')
            _longName = content.AsSpan().TrimEnd((byte)0).ToArray();
        else if (type == 'x' && !_pax.Read(content))
            return new("ARCHIVE_BROKEN", FormattableString.Invariant($"The extended header in front of byte {bytes.Position} is damaged."));
        return null;
    }

    private async Task<FileFault?> AddAsync(TarBytes bytes, long size, CancellationToken ct)
    {
        var header = new TarHeader(_block);
        var (type, name) = (header.Type, _pax.Path ?? _longName ?? header.Name);
        var file = type is (byte)'0' or 0 or (byte)'7';
        size = type is (byte)'1' or (byte)'2' or (byte)'3' or (byte)'4' or (byte)'5' or (byte)'6' ? 0 : _pax.Size ?? size;
        var refusal = _pax.IsSparse || type == 'S' ? "it is a sparse file" : type switch
        {
            (byte)'0' or 0 or (byte)'7' or (byte)'5' => null,
            (byte)'1' or (byte)'2' => "it is a link",
            (byte)'3' or (byte)'4' or (byte)'6' => "it is a device",
            _ => FormattableString.Invariant($"it is of the unknown type 0x{type:X2}"),
        };
        (_pax, _longName) = (new(), null);
        if (_entries.Count == limits.Entries)
            return new("ARCHIVE_LIMIT", FormattableString.Invariant($"The archive holds more than {limits.Entries} entries."));
        // Old archives mark folders by their name alone.
        var folder = type == '5' || (file && name is [.., (byte)'/']);
        _entries.Add(new(name, new(packing switch { Packing.Gzip => ArchiveKind.GzipTar, Packing.Zstd => ArchiveKind.ZstdTar, _ => ArchiveKind.Tar }, "", bytes.Position, size), folder, refusal));
        if (bytes.Position + size > limits.TotalBytes)
            return new("ARCHIVE_LIMIT", FormattableString.Invariant($"The archive unpacks to more than {limits.TotalBytes} bytes."));
        return await bytes.SkipAsync(size + Padding(size), ct).ConfigureAwait(false) ? null : Cut();
    }

    private FileFault Cut() => new("FILE_TRUNCATED", FormattableString.Invariant($"The archive ends without its end mark, behind {_entries.Count} entries."));

    private static long Padding(long size) => -size & (TarHeader.Bytes - 1);

    /// <summary>The records of a pax header that matter here.</summary>
    private sealed class PaxRecords
    {
        public byte[]? Path { get; private set; }

        public long? Size { get; private set; }

        public bool IsSparse { get; private set; }

        /// <summary>Reads lines of <c>LENGTH KEY=VALUE</c>; false when they are none.</summary>
        public bool Read(ReadOnlySpan<byte> content)
        {
            while (!content.IsEmpty && content[0] != 0)
            {
                var space = content.IndexOf((byte)' ');
                if (space is < 1 or > 9 || !int.TryParse(content[..space], NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length <= space + 1 || length > content.Length || content[length - 1] != '\n')
                    return false;
                var record = content[(space + 1)..(length - 1)];
                var equals = record.IndexOf((byte)'=');
                if (equals < 1 || !Take(Encoding.UTF8.GetString(record[..equals]), record[(equals + 1)..]))
                    return false;
                content = content[length..];
            }
            return true;
        }

        private bool Take(string key, ReadOnlySpan<byte> value)
        {
            if (key == "path")
                Path = value.ToArray();
            IsSparse |= key.StartsWith("GNU.sparse", StringComparison.Ordinal);
            if (key != "size")
                return true;
            Size = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size < 1L << 56 ? size : null;
            return Size is not null;
        }
    }
}
