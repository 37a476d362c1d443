using Temper.Core.Files;

namespace Temper.Versioning.Content;

/// <summary>
/// A range of a file of a <see cref="PackFolder"/>, put together from checked chunks. Read asynchronously, the next chunk is fetched and checked while
/// the caller works on this one. Reads forward only.
/// </summary>
internal sealed class PackFileStream : ForwardStream
{
    private readonly PackFolder _store;
    private readonly Recipe _recipe;
    private readonly long _length;
    private Task<byte[]>? _ahead;
    private byte[] _chunk = [];
    private int _next, _at, _skip;
    private long _position;

    public PackFileStream(PackFolder store, Recipe recipe, long offset, long length)
    {
        (_store, _recipe, _length) = (store, recipe, length);
        long start = 0;
        while (_next < recipe.Chunks.Count && start + recipe.Chunks[_next].Length <= offset)
            start += recipe.Chunks[_next++].Length;
        _skip = (int)(offset - start);
    }

    public override long Length => _length;

    public override long Position { get => _position; set => base.Position = value; }

    public override int Read(Span<byte> buffer)
    {
        if (_position == _length || buffer.IsEmpty)
            return 0;
        if (_at == _chunk.Length)
            Take(_ahead is { } ahead ? ahead.GetAwaiter().GetResult() : Fetch(_next));
        return Hand(buffer);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position == _length || buffer.IsEmpty)
            return 0;
        if (_at == _chunk.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Take(_ahead is { } ahead ? await ahead : Fetch(_next));
            var next = _next;
            if (_length - _position > _chunk.Length - _at && next < _recipe.Chunks.Count)
                _ahead = Task.Run(() => Fetch(next), CancellationToken.None);
        }
        return Hand(buffer.Span);
    }

    private byte[] Fetch(int index) => _store.ReadChunk(_recipe, index);

    private void Take(byte[] chunk)
    {
        (_chunk, _at, _skip, _ahead) = (chunk, _skip, 0, null);
        _next++;
    }

    private int Hand(Span<byte> buffer)
    {
        var count = (int)Math.Min(Math.Min(buffer.Length, _chunk.Length - _at), _length - _position);
        _chunk.AsSpan(_at, count).CopyTo(buffer);
        _at += count;
        _position += count;
        return count;
    }
}
