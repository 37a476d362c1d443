using System.Buffers;
using Temper.Core.Files;

namespace Temper.Versioning.Content;

/// <summary>
/// A range of a file of a <see cref="PackFolder"/>, put together from checked chunks. Read or copied asynchronously, the next chunk is fetched and
/// checked while the caller works on this one. Reads forward only.
/// </summary>
internal sealed class PackFileStream : ForwardStream
{
    private readonly PackFolder _store;
    private readonly Recipe _recipe;
    private readonly long _length;
    private byte[] _buffer = [], _other = [];
    private Task<ReadOnlyMemory<byte>>? _ahead;
    private ReadOnlyMemory<byte> _chunk;
    private int _next, _skip;
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
        if (_chunk.IsEmpty)
            Take(_ahead is { } ahead ? ahead.GetAwaiter().GetResult() : Fetch(_next));
        return Hand(buffer);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position == _length || buffer.IsEmpty)
            return 0;
        if (_chunk.IsEmpty)
            await NextAsync(cancellationToken);
        return Hand(buffer.Span);
    }

    // Whole chunks, without a copy of their bytes.
    public override async Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(destination);
        while (_position < _length)
            await destination.WriteAsync(await ChunkAsync(cancellationToken), cancellationToken);
    }

    /// <summary>What is left of the current chunk, or the next one, until the next call.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ChunkAsync(CancellationToken ct)
    {
        if (_chunk.IsEmpty && _position < _length)
            await NextAsync(ct);
        var chunk = _chunk;
        _position += chunk.Length;
        _chunk = default;
        return chunk;
    }

    protected override void Dispose(bool disposing)
    {
        // A fetch that is under way keeps its buffer.
        if (disposing && _ahead is null or { IsCompleted: true } && _buffer.Length + _other.Length > 0)
        {
            Return(_buffer);
            Return(_other);
            (_buffer, _other, _chunk) = ([], [], default);
        }
        base.Dispose(disposing);
    }

    public override async ValueTask DisposeAsync()
    {
        if (_ahead is not null)
            await ((Task)_ahead).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await base.DisposeAsync();
    }

    private async ValueTask NextAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        Take(_ahead is { } ahead ? await ahead : Fetch(_next));
        var next = _next;
        if (_length - _position > _chunk.Length && next < _recipe.Chunks.Count)
            _ahead = Task.Run(() => Fetch(next), CancellationToken.None);
    }

    private ReadOnlyMemory<byte> Fetch(int index) => _store.ReadChunk(_recipe, index, ref _other);

    private void Take(ReadOnlyMemory<byte> chunk)
    {
        (_buffer, _other) = (_other, _buffer);
        chunk = chunk[_skip..];
        _chunk = chunk[..(int)Math.Min(chunk.Length, _length - _position)];
        (_skip, _ahead) = (0, null);
        _next++;
    }

    private int Hand(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, _chunk.Length);
        _chunk.Span[..count].CopyTo(buffer);
        _chunk = _chunk[count..];
        _position += count;
        return count;
    }

    private static void Return(byte[] buffer)
    {
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer);
    }
}
