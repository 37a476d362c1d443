using Microsoft.Win32.SafeHandles;
using Temper.Storage.Folder;
using Temper.Versioning.Packs;

namespace Temper.Versioning.Content;

/// <summary>
/// Puts a large file together: several threads fetch and check chunks and lay them into blocks; whoever completes a block writes it. So processors and
/// disk are busy at once, in a few blocks of memory.
/// </summary>
internal sealed class PackFileCopy
{
    // Bytes of a file from which on threads are worth it; more of them than processors, since some wait for the disk.
    private const int Worthwhile = 4 << 20, Threads = 4;

    private readonly PackFolder _store;
    private readonly Recipe _recipe;
    private readonly SafeFileHandle _to;
    private readonly SafeFileHandle? _pastCache;
    private readonly Lock _claiming = new();
    private readonly Dictionary<long, Filling> _filling = [];
    private int _next;
    private long _offset;
    private volatile bool _failed;

    private PackFileCopy(PackFolder store, Recipe recipe, SafeFileHandle to) =>
        (_store, _recipe, _to, _pastCache) = (store, recipe, to, PosixCalls.OpenPastCache(to, write: true));

    private sealed class Filling(int left)
    {
        public AlignedBlock Block { get; } = AlignedBlock.Rent();
        public int Size { get; } = left;
        public int Left { get; set; } = left;
    }

    /// <summary>Whether a file is large enough, and cut as <see cref="RunAsync"/> can take it.</summary>
    public static bool Takes(Recipe recipe) => recipe.Size >= Worthwhile && recipe.Chunks.All(chunk => chunk.Length <= AlignedBlock.Size);

    /// <summary>Writes all of a file into an empty one.</summary>
    public static async Task RunAsync(PackFolder store, Recipe recipe, SafeFileHandle to, CancellationToken ct)
    {
        RandomAccess.SetLength(to, recipe.Size);
        var copy = new PackFileCopy(store, recipe, to);
        try
        {
            await Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => Task.Factory.StartNew(() => copy.Work(ct), ct, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        }
        finally
        {
            copy._pastCache?.Dispose();
            foreach (var filling in copy._filling.Values)
                AlignedBlock.Return(filling.Block);
        }
    }

    private void Work(CancellationToken ct)
    {
        var scratch = AlignedBlock.Rent();
        try
        {
            while (!_failed && Claim() is var (index, offset, first, second))
            {
                ct.ThrowIfCancellationRequested();
                var chunk = _store.ReadLarge(_recipe, index, scratch).Span;
                var block = offset / AlignedBlock.Size;
                var inside = (int)(offset % AlignedBlock.Size);
                var count = Math.Min(chunk.Length, AlignedBlock.Size - inside);
                Fill(block, first, chunk[..count], inside);
                if (second is not null)
                    Fill(block + 1, second, chunk[count..], 0);
            }
        }
        catch
        {
            _failed = true;
            throw;
        }
        finally
        {
            AlignedBlock.Return(scratch);
        }
    }

    // The next chunk, its place in the file, and the one or two blocks that it lies in.
    private (int Index, long Offset, Filling First, Filling? Second)? Claim()
    {
        lock (_claiming)
        {
            if (_next == _recipe.Chunks.Count)
                return null;
            var (index, offset, length) = (_next++, _offset, _recipe.Chunks[_next - 1].Length);
            _offset += length;
            var (first, last) = (offset / AlignedBlock.Size, (_offset - 1) / AlignedBlock.Size);
            return (index, offset, FillingAt(first), last > first ? FillingAt(last) : null);
        }
    }

    private Filling FillingAt(long block)
    {
        if (!_filling.TryGetValue(block, out var filling))
            _filling[block] = filling = new((int)Math.Min(AlignedBlock.Size, _recipe.Size - block * AlignedBlock.Size));
        return filling;
    }

    private void Fill(long block, Filling filling, ReadOnlySpan<byte> bytes, int at)
    {
        bytes.CopyTo(filling.Block.Span[at..]);
        lock (_claiming)
        {
            filling.Left -= bytes.Length;
            if (filling.Left > 0)
                return;
            _filling.Remove(block);
        }
        try
        {
            Write(filling.Block.Span[..filling.Size], block * AlignedBlock.Size);
        }
        finally
        {
            AlignedBlock.Return(filling.Block);
        }
    }

    private void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        if (bytes.Length < AlignedBlock.Size || _pastCache is null || !_store.PastCache.Wait(0))
        {
            RandomAccess.Write(_to, bytes, offset);
            return;
        }
        try
        {
            RandomAccess.Write(_pastCache, bytes, offset);
        }
        catch (IOException)
        {
            // A file system that takes the flag and then refuses. What is wrong with the disk itself the other way will tell.
            RandomAccess.Write(_to, bytes, offset);
        }
        finally
        {
            _store.PastCache.Release();
        }
    }
}
