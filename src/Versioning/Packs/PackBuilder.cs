using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using Temper.Core.Ids;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Packs;

/// <summary>
/// Writes one pack into a file of its own. What is added is copied into blocks; a thread of the pack's writes them while the caller goes on, at most
/// <see cref="WaitingBlocks"/> of them behind. Not safe from two threads at once.
/// </summary>
internal sealed class PackBuilder : IDisposable
{
    private const int WaitingBlocks = 6, SmallObject = 32 << 10;

    private readonly int _version;
    private readonly bool _namedByIndex;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly Dictionary<(Digest, ObjectKind), PackEntry> _entries = [];
    private readonly BlockWriter _disk;
    private BlockingCollection<(AlignedBlock Block, bool IsLarge)>? _full;
    private Thread? _writer;
    private ExceptionDispatchInfo? _failure;
    private AlignedBlock? _block = AlignedBlock.Rent();
    private int _filled, _begun;

    /// <summary>Begins a pack in a new file, which stays locked against others until it is closed.</summary>
    /// <param name="path">The file.</param>
    /// <param name="version">Of the format.</param>
    /// <param name="options">Of the file.</param>
    /// <param name="namedByIndex">Whether its name is the digest of its header, index and trailer instead of that of all bytes: the objects in between have
    /// their own, so a repository need not hash them once more.</param>
    public PackBuilder(string path, int version, FileOptions options, bool namedByIndex = false)
    {
        (_version, _namedByIndex) = (version, namedByIndex);
        File = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, options);
        _disk = new(File.SafeFileHandle);
        Write(PackFormat.Header(version));
    }

    /// <summary>The file.</summary>
    public FileStream File { get; }

    /// <summary>Bytes so far.</summary>
    public long Size { get; private set; }

    /// <summary>Objects so far.</summary>
    public int Count => _entries.Count;

    /// <summary>The objects, in the order in which they were added.</summary>
    public IReadOnlyCollection<PackEntry> Entries => _entries.Values;

    /// <summary>Whether the pack has the object already.</summary>
    public bool Contains(Digest id, ObjectKind kind) => _entries.ContainsKey((id, kind));

    /// <summary>Adds an object in its stored form unless the pack has it.</summary>
    /// <exception cref="ArgumentException">Larger than readers accept, or a form or kind that version 1 does not have.</exception>
    public void Add(ObjectKind kind, Digest id, int size, in StoredBody body)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, PackFormat.Largest(kind));
        if (_version == PackFormat.Version1 && (kind == ObjectKind.Recipe || body.Form > PackForm.Deflate))
            throw new ArgumentException("A pack of version 1 holds no recipe, no byte planes and no differences.", nameof(body));
        if (!_entries.TryAdd((id, kind), new(id, kind, Size, body.Bytes.Length, size, body.Form) { Base = body.Base }))
            return;
        _begun++;
        Span<byte> header = stackalloc byte[PackFormat.EntryHeaderSize];
        PackFormat.WriteEntryHeader(header, body.Form, kind, body.Bytes.Length, size);
        Write(header);
        Write(body.Bytes.Span);
    }

    /// <summary>Writes index and trailer; the pack's id. Nothing can be added afterwards; nothing is durable yet.</summary>
    public Digest Finish()
    {
        var index = PackFormat.Index(_entries.Values);
        var trailer = PackFormat.Trailer(Size, _entries.Count, Digest.Of(index), _version);
        Write(index);
        Write(trailer);
        _full?.CompleteAdding();
        _writer?.Join();
        _failure?.Throw();
        Put(_block!.Span[.._filled], isLarge: false);
        _filled = 0;
        return _namedByIndex ? PackFormat.NameOf(PackFormat.Header(_version), index, trailer) : Digest.FromHash(_hash.GetHashAndReset());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_full is { IsAddingCompleted: false })
            _full.CompleteAdding();
        _writer?.Join();
        _full?.Dispose();
        File.Dispose();
        _hash.Dispose();
        if (_block is { } block)
            AlignedBlock.Return(block);
        _block = null;
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        Size += bytes.Length;
        while (!bytes.IsEmpty)
        {
            if (_filled == AlignedBlock.Size)
                HandOver();
            var count = Math.Min(bytes.Length, AlignedBlock.Size - _filled);
            bytes[..count].CopyTo(_block!.Span[_filled..]);
            _filled += count;
            bytes = bytes[count..];
        }
    }

    private void HandOver()
    {
        _failure?.Throw();
        if (_writer is null)
        {
            _full = new(WaitingBlocks);
            _writer = new Thread(WriteBlocks) { IsBackground = true, Name = "pack" };
            _writer.Start();
        }
        // Small objects are likely to be asked for one by one, soon and again; parts of large files are not, and would push out what is.
        _full!.Add((_block!, _namedByIndex && _begun <= AlignedBlock.Size / SmallObject));
        (_block, _filled, _begun) = (AlignedBlock.Rent(), 0, 0);
    }

    private void WriteBlocks()
    {
        foreach (var (block, isLarge) in _full!.GetConsumingEnumerable())
        {
            try
            {
                // After a failure the rest is drained, so that nobody waits for a place in the queue.
                if (_failure is null)
                    Put(block.Span, isLarge);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                _failure = ExceptionDispatchInfo.Capture(error);
            }
            AlignedBlock.Return(block);
        }
    }

    private void Put(ReadOnlySpan<byte> bytes, bool isLarge)
    {
        _disk.Append(bytes, isLarge);
        if (!_namedByIndex)
            _hash.AppendData(bytes);
    }
}
