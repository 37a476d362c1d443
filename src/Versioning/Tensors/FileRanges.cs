using Temper.Core.Files;
using Temper.Core.Ids;
using Temper.Versioning.Content;

namespace Temper.Versioning.Tensors;

/// <summary>Bytes in memory, then ranges of stored files one after another; neighbouring ranges of one file are read at once.</summary>
internal sealed class FileRanges : ForwardStream
{
    private readonly IObjectStore _store;
    private readonly List<(Digest File, long Offset, long Length)> _ranges = [];
    private Stream _current;
    private int _next;

    public FileRanges(IObjectStore store, byte[] begin, IEnumerable<(Digest File, long Offset, long Length)> ranges)
    {
        (_store, _current) = (store, new MemoryStream(begin));
        foreach (var range in ranges.Where(r => r.Length > 0))
        {
            if (_ranges is [.., var last] && last.File == range.File && last.Offset + last.Length == range.Offset)
                _ranges[^1] = last with { Length = last.Length + range.Length };
            else
                _ranges.Add(range);
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var count = await _current.ReadAsync(buffer, cancellationToken);
            if (count > 0 || buffer.IsEmpty || _next == _ranges.Count)
                return count;
            await _current.DisposeAsync();
            var (file, offset, length) = _ranges[_next++];
            _current = await _store.OpenFileAsync(file, offset, length, cancellationToken);
        }
    }

    public override int Read(Span<byte> buffer) => ReadByWaiting(buffer);

    public override async ValueTask DisposeAsync()
    {
        await _current.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _current.Dispose();
        base.Dispose(disposing);
    }
}
