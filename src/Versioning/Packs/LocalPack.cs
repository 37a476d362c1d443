using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Storage.Folder;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Packs;

/// <summary>
/// A pack in a folder, searched by its own sorted index. The first searches read single rows of the file; a pack that is asked more often keeps its
/// index in memory. Safe from any thread.
/// </summary>
internal sealed class LocalPack : IDisposable
{
    private const int AskedOften = 32, LargestInMemory = 64 << 20;

    private readonly SafeFileHandle _file;
    private readonly Lazy<SafeFileHandle?> _past;
    private readonly long _indexOffset;
    private readonly Digest _indexDigest;
    private byte[]? _rows;
    private int _asked;

    private LocalPack(Digest id, SafeFileHandle file, long size, (long IndexOffset, int Count, Digest IndexDigest) trailer)
    {
        (Id, _file, Size) = (id, file, size);
        _past = new(() => PosixCalls.OpenPastCache(file, write: false));
        (_indexOffset, Count, _indexDigest) = trailer;
    }

    /// <summary>SHA-256 of the whole file.</summary>
    public Digest Id { get; }

    /// <summary>Bytes.</summary>
    public long Size { get; }

    /// <summary>Entries.</summary>
    public int Count { get; }

    /// <summary>Opens a pack and checks its beginning and its end.</summary>
    /// <exception cref="TemperException">Code <c>object_corrupt</c>.</exception>
    /// <exception cref="FileNotFoundException">Somebody has removed it.</exception>
    public static LocalPack Open(string path, Digest id)
    {
        // Collecting garbage may remove the name while the file is read.
        var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.RandomAccess);
        try
        {
            var size = RandomAccess.GetLength(file);
            if (size < PackFormat.HeaderSize + PackFormat.TrailerSize)
                throw PackFormat.Corrupt(id, $"it has {size} bytes");
            Span<byte> bytes = stackalloc byte[PackFormat.TrailerSize];
            Read(file, bytes[..PackFormat.HeaderSize], 0, id);
            PackFormat.CheckHeader(bytes[..PackFormat.HeaderSize], id);
            Read(file, bytes, size - PackFormat.TrailerSize, id);
            return new(id, file, size, PackFormat.ReadTrailer(bytes, size, id));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The first row whose id is not below <paramref name="id"/>; <see cref="Count"/> when all are.</summary>
    public int LowerBound(Digest id)
    {
        if (_rows is null && Interlocked.Increment(ref _asked) > AskedOften && (long)Count * PackFormat.IndexRowSize <= LargestInMemory)
            _rows = ReadIndex();
        Span<byte> key = stackalloc byte[32];
        id.CopyTo(key);
        // Ids are spread evenly, so the place is guessed and the guess widened until it holds the id.
        var guess = (int)Math.BigMul(BinaryPrimitives.ReadUInt64BigEndian(key), (ulong)Count, out _);
        var (low, high) = (guess, guess);
        for (var step = 8; low > 0 && IdAt(low - 1) >= id; step *= 2)
            (low, high) = (Math.Max(0, low - step), low - 1);
        for (var step = 8; high < Count && IdAt(high) < id; step *= 2)
            (low, high) = (high + 1, Math.Min(Count, high + step));
        while (low < high)
        {
            var middle = low + (high - low) / 2;
            if (IdAt(middle) < id)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    /// <summary>An object of one of these kinds (bits, <c>1 &lt;&lt; kind</c>).</summary>
    public bool TryFind(Digest id, int kinds, out PackRow found)
    {
        for (var i = LowerBound(id); i < Count; i++)
        {
            found = RowAt(i);
            if (found.Id != id)
                break;
            if ((kinds >> (int)found.Kind & 1) == 0)
                continue;
            PackFormat.Check(found, _indexOffset, Id);
            return true;
        }
        found = default;
        return false;
    }

    /// <summary>One row of the index, as it stands.</summary>
    public PackRow RowAt(int index)
    {
        Span<byte> row = stackalloc byte[PackFormat.IndexRowSize];
        return PackFormat.ReadRow(Row(index, row));
    }

    /// <summary>Reads an entry's stored bytes, which may end early, into <paramref name="into"/>, behind a check of its header.</summary>
    /// <exception cref="TemperException">Code <c>object_corrupt</c>: at its place stands something else.</exception>
    public void ReadStored(in PackRow row, Span<byte> into)
    {
        Span<byte> header = stackalloc byte[PackFormat.EntryHeaderSize];
        Read(_file, header, row.Offset, Id);
        if (!PackFormat.Matches(header, row))
            throw PackFormat.Corrupt(Id, $"at byte {row.Offset} is not the object {row.Id}");
        Read(_file, into, row.Offset + PackFormat.EntryHeaderSize, Id);
    }

    /// <summary>
    /// Reads an entry's stored bytes as <see cref="ReadStored"/> does, for a reader of large files: what the system's cache does not hold comes from the disk
    /// at once and does not push out what the cache holds.
    /// </summary>
    /// <returns>The stored bytes, somewhere in <paramref name="block"/>.</returns>
    public ReadOnlyMemory<byte> ReadLarge(in PackRow row, AlignedBlock block)
    {
        var skip = (int)(row.Offset & AlignedBlock.Alignment - 1);
        var bytes = block.Span[..(skip + PackFormat.EntryHeaderSize + row.Stored)];
        var whole = (bytes.Length + AlignedBlock.Alignment - 1) & ~(AlignedBlock.Alignment - 1);
        if (!IsCached(row.Offset - skip, whole) && _past.Value is { } past)
            Read(past, block.Span[..whole], bytes.Length, row.Offset - skip, Id);
        else
            Read(_file, bytes[skip..], row.Offset, Id);
        if (!PackFormat.Matches(bytes.Slice(skip, PackFormat.EntryHeaderSize), row))
            throw PackFormat.Corrupt(Id, $"at byte {row.Offset} is not the object {row.Id}");
        return block.Memory.Slice(skip + PackFormat.EntryHeaderSize, row.Stored);
    }

    /// <summary>Most stored bytes that <see cref="ReadLarge"/> takes.</summary>
    public const int LargestRead = AlignedBlock.Size - 2 * AlignedBlock.Alignment;

    /// <summary>The chunk that an entry is kept as a difference from; null when it is kept otherwise.</summary>
    /// <exception cref="TemperException">Code <c>object_corrupt</c>.</exception>
    public Digest? BaseOf(in PackRow row)
    {
        if (row.Form != PackForm.Difference)
            return null;
        Span<byte> begin = stackalloc byte[Math.Min(row.Stored, PackForms.DifferenceHeader)];
        ReadStored(row, begin);
        return PackForms.BaseOf(begin, row, Id);
    }

    /// <summary>The whole index, read anew.</summary>
    /// <exception cref="TemperException">Code <c>object_corrupt</c>: it does not have the digest in the trailer.</exception>
    public byte[] ReadIndex()
    {
        var rows = new byte[(long)Count * PackFormat.IndexRowSize];
        Read(_file, rows, _indexOffset, Id);
        return Digest.Of(rows) == _indexDigest ? rows : throw PackFormat.Corrupt(Id, "its index does not have the digest in its trailer");
    }

    /// <summary>Whether the pack's name is the digest of its header, index and trailer; else it is that of all bytes, or the pack was altered.</summary>
    public bool IsNamedByIndex()
    {
        var (header, index, trailer) = (new byte[PackFormat.HeaderSize], new byte[(long)Count * PackFormat.IndexRowSize], new byte[PackFormat.TrailerSize]);
        ReadRaw(header, 0);
        ReadRaw(index, _indexOffset);
        ReadRaw(trailer, Size - trailer.Length);
        return PackFormat.NameOf(header, index, trailer) == Id;
    }

    /// <summary>Reads bytes of the file as they are.</summary>
    public void ReadRaw(Span<byte> into, long offset) => Read(_file, into, offset, Id);

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        if (_past.IsValueCreated)
            _past.Value?.Dispose();
    }

    // Where nobody tells what is cached, reading through the cache is never much worse.
    private bool IsCached(long offset, int count) => PosixCalls.CachedBytes(_file, offset, count) is not { } cached || cached * 2 >= count;

    private Digest IdAt(int index)
    {
        Span<byte> id = stackalloc byte[32];
        return Digest.FromHash(Row(index, id));
    }

    private ReadOnlySpan<byte> Row(int index, Span<byte> buffer)
    {
        if (_rows is { } rows)
            return rows.AsSpan(index * PackFormat.IndexRowSize, buffer.Length);
        Read(_file, buffer, _indexOffset + (long)index * PackFormat.IndexRowSize, Id);
        return buffer;
    }

    private static void Read(SafeFileHandle file, Span<byte> into, long offset, Digest pack) => Read(file, into, into.Length, offset, pack);

    // More may be asked for than is needed, and than there is.
    private static void Read(SafeFileHandle file, Span<byte> into, int needed, long offset, Digest pack)
    {
        for (var done = 0; done < needed;)
        {
            var count = RandomAccess.Read(file, into[done..], offset + done);
            if (count == 0)
                throw PackFormat.Corrupt(pack, $"it ends before byte {offset + needed}");
            done += count;
        }
    }
}
