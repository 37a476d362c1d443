using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Files;

namespace Temper.Versioning.Content;

/// <summary>
/// A range of a file, put together from checked chunks. Neighbours in one blob are fetched with one request. Reads forward only.
/// </summary>
internal sealed class ChunkStream(IBlobStore blobs, IReadOnlyList<ChunkPlace> places, long offset, long length) : ForwardStream
{
    private int _next;
    private byte[] _chunk = [];
    private int _at;
    private long _position;
    private Stream? _source;
    private long _sourceAt;

    public override long Length => length;

    public override long Position { get => _position; set => base.Position = value; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position == length || buffer.IsEmpty)
            return 0;
        if (_at == _chunk.Length)
            await NextAsync(cancellationToken);
        var count = (int)Math.Min(Math.Min(buffer.Length, _chunk.Length - _at), length - _position);
        _chunk.AsMemory(_at, count).CopyTo(buffer);
        _at += count;
        _position += count;
        return count;
    }

    public override int Read(Span<byte> buffer) => ReadByWaiting(buffer);

    public override async ValueTask DisposeAsync()
    {
        if (_source is not null)
            await _source.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _source?.Dispose();
        base.Dispose(disposing);
    }

    private async Task NextAsync(CancellationToken ct)
    {
        var place = places[_next];
        if (_source is null || _next == 0 || places[_next - 1].Blob != place.Blob || _sourceAt != place.Offset)
            await MoveAsync(place, ct);
        var fetched = new byte[place.Fetch];
        if (await _source!.ReadAtLeastAsync(fetched, fetched.Length, throwOnEndOfStream: false, ct) < fetched.Length)
            throw new TemperException("object_corrupt", $"The blob '{place.Blob}' ends before byte {place.Offset + place.Fetch}, inside the chunk {place.Chunk}.");
        _sourceAt += place.Fetch;
        _chunk = place.Open(fetched);
        _at = (int)Math.Max(0, offset - place.Start);
        _next++;
    }

    private async Task MoveAsync(ChunkPlace place, CancellationToken ct)
    {
        if (_source is not null)
            await _source.DisposeAsync();
        var last = _next;
        while (last + 1 < places.Count && places[last + 1].Blob == place.Blob && places[last + 1].Offset == places[last].Offset + places[last].Fetch)
            last++;
        try
        {
            _source = await blobs.OpenAsync(place.Blob, place.Offset, places[last].Offset + places[last].Fetch - place.Offset, null, ct);
            _sourceAt = place.Offset;
        }
        catch (TemperException error) when (error.Code == "blob_missing")
        {
            throw new TemperException("object_missing", $"The chunk {place.Chunk} should be in the blob '{place.Blob}', which is not in the store.", inner: error);
        }
    }
}
