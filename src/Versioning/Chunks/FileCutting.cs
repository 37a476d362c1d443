using System.Buffers;
using System.Security.Cryptography;
using Temper.Core.Ids;
using Temper.Versioning.Content;

namespace Temper.Versioning.Chunks;

/// <summary>One chunk on its way into a store.</summary>
/// <param name="Chunk">What it is.</param>
/// <param name="Bytes">Its bytes, until the call returns.</param>
/// <param name="Index">Its place in the file.</param>
/// <param name="Layout">The file's tensors, where it is cut along them.</param>
internal readonly record struct CutChunk(FileChunk Chunk, ReadOnlyMemory<byte> Bytes, int Index, TensorLayout? Layout);

/// <summary>
/// Cuts a file and hashes chunks and file: reading, the file's hash, and the chunks with what becomes of them run beside each other, a few blocks apart.
/// </summary>
internal sealed class FileCutting
{
    private const int BlockSize = 4 << 20, Blocks = 3;

    private readonly Cutter _cutter;
    private readonly TensorLayout? _layout;
    private readonly Func<CutChunk, ValueTask> _keep;
    private readonly IncrementalHash _whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly List<FileChunk> _chunks = [];
    private readonly Block[] _blocks = new Block[Blocks];
    private long _size;

    private FileCutting(TensorLayout? layout, Func<CutChunk, ValueTask> keep) =>
        (_cutter, _layout, _keep) = (layout is null ? new GearCutter() : new TensorCutter(layout), layout, keep);

    private sealed class Block
    {
        public byte[] Buffer { get; } = ArrayPool<byte>.Shared.Rent(BlockSize);
        public List<int> Lengths { get; } = [];
        public int Used { get; set; }
        public Task Done { get; set; } = Task.CompletedTask;
    }

    /// <summary>
    /// Reads all of <paramref name="content"/> and hands the chunks to <paramref name="keep"/>, in order and one at a time, on whatever thread.
    /// </summary>
    public static async Task<Recipe> CutAsync(Stream content, FileHint hint, Func<CutChunk, ValueTask> keep, CancellationToken ct)
    {
        var first = ArrayPool<byte>.Shared.Rent(Chunking.WholeSize + 1);
        try
        {
            var count = await content.ReadAtLeastAsync(first.AsMemory(0, Chunking.WholeSize + 1), Chunking.WholeSize + 1, throwOnEndOfStream: false, ct);
            if (count <= Chunking.WholeSize)
                return await OneAsync(first.AsMemory(0, count), keep);
            var size = hint.Size ?? (content.CanSeek ? content.Length - content.Position + count : null);
            var (layout, begin) = await TensorLayout.ReadAsync(first.AsMemory(0, count), content, size, ct);
            return await new FileCutting(layout, keep).RunAsync(begin, content, ct);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(first);
        }
    }

    private static async ValueTask<Recipe> OneAsync(ReadOnlyMemory<byte> bytes, Func<CutChunk, ValueTask> keep)
    {
        var chunk = new FileChunk(Digest.Of(bytes.Span), bytes.Length);
        if (bytes.IsEmpty)
            return new(chunk.Id, 0, Chunking.Whole, []);
        await keep(new(chunk, bytes, 0, null));
        return new(chunk.Id, bytes.Length, Chunking.Whole, [chunk]);
    }

    private async Task<Recipe> RunAsync(ReadOnlyMemory<byte> begin, Stream rest, CancellationToken ct)
    {
        try
        {
            var carry = ReadOnlyMemory<byte>.Empty;
            Task hashed = Task.CompletedTask, kept = Task.CompletedTask;
            for (var (n, ended) = (0, false); !ended; n++)
            {
                var block = _blocks[n % Blocks] ??= new();
                await block.Done;
                carry.CopyTo(block.Buffer);
                var filled = carry.Length;
                var known = Math.Min(begin.Length, BlockSize - filled);
                begin[..known].CopyTo(block.Buffer.AsMemory(filled));
                (filled, begin) = (filled + known, begin[known..]);
                filled += await rest.ReadAtLeastAsync(block.Buffer.AsMemory(filled, BlockSize - filled), BlockSize - filled, throwOnEndOfStream: false, ct);
                ended = filled < BlockSize;
                Cut(block, filled, ended);
                carry = block.Buffer.AsMemory(block.Used, filled - block.Used);
                block.Done = Task.WhenAll(hashed = HashAsync(hashed, block), kept = KeepAsync(kept, block));
            }
            await Task.WhenAll(hashed, kept);
            return new(Digest.FromHash(_whole.GetHashAndReset()), _size, _cutter.Name, _chunks);
        }
        finally
        {
            await ReleaseAsync();
        }
    }

    private void Cut(Block block, int filled, bool ended)
    {
        block.Lengths.Clear();
        var at = 0;
        while (ended ? at < filled : filled - at >= Chunking.WholeSize)
        {
            block.Lengths.Add(_cutter.Next(block.Buffer.AsSpan(at, filled - at)));
            at += block.Lengths[^1];
        }
        (block.Used, _size) = (at, _size + at);
    }

    private async Task HashAsync(Task before, Block block)
    {
        await before;
        await Task.Run(() => _whole.AppendData(block.Buffer, 0, block.Used));
    }

    private async Task KeepAsync(Task before, Block block)
    {
        await before;
        await Task.Run(async () =>
        {
            var at = 0;
            foreach (var length in block.Lengths)
            {
                var bytes = block.Buffer.AsMemory(at, length);
                var chunk = new FileChunk(Digest.Of(bytes.Span), length);
                await _keep(new(chunk, bytes, _chunks.Count, _layout));
                _chunks.Add(chunk);
                at += length;
            }
        });
    }

    private async Task ReleaseAsync()
    {
        foreach (var block in _blocks.Where(b => b is not null))
        {
            // Buffers go back when nobody reads them any more; the failure itself is on its way to the caller.
            await block.Done.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ArrayPool<byte>.Shared.Return(block.Buffer);
        }
        _whole.Dispose();
    }
}
