using Microsoft.Win32.SafeHandles;
using Temper.Storage.Folder;

namespace Temper.Versioning.Packs;

/// <summary>
/// Writes a file from its beginning on, block by block: past the system's cache where that is asked for and can be had, so that large files cost no
/// copy and no memory, and their flushing at the end nothing to wait for. Not safe from two threads at once.
/// </summary>
internal sealed class BlockWriter(SafeFileHandle file)
{
    private const int StartWritingEvery = 8 << 20;

    private bool _passes, _cannot;
    private long _written, _started;

    /// <summary>Appends a block of <see cref="AlignedBlock"/>; all but the last are full.</summary>
    /// <param name="bytes">What to write.</param>
    /// <param name="pastCache">Whether nobody will read it soon.</param>
    public void Append(ReadOnlySpan<byte> bytes, bool pastCache)
    {
        if (!Pass(pastCache && bytes.Length == AlignedBlock.Size) || !TryPass(bytes))
            RandomAccess.Write(file, bytes, _written);
        _written += bytes.Length;
        if (_passes)
            _started = _written;
        else if (_written - _started >= StartWritingEvery)
        {
            // The disk begins while the rest is hashed, so that flushing at the end does not wait for all of it.
            PosixCalls.StartWriting(file, _started, _written - _started);
            _started = _written;
        }
    }

    private bool Pass(bool wanted)
    {
        wanted &= !_cannot;
        if (wanted == _passes)
            return wanted;
        _cannot |= !PosixCalls.PassCacheBy(file, wanted);
        return _passes = wanted && !_cannot;
    }

    private bool TryPass(ReadOnlySpan<byte> bytes)
    {
        try
        {
            RandomAccess.Write(file, bytes, _written);
            return true;
        }
        catch (IOException)
        {
            // A file system that takes the flag and then refuses. What is wrong with the disk itself the other way will tell.
            _cannot = true;
            PosixCalls.PassCacheBy(file, false);
            return _passes = false;
        }
    }
}
