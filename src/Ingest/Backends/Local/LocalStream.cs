using Temper.Core.Errors;
using Temper.Core.Files;

namespace Temper.Ingest;

/// <summary>
/// Reads one version of a file, forward. The state is asked for after each read, before its bytes are given out: a write shows in the file's times
/// before it shows in its bytes.
/// </summary>
internal sealed class LocalStream : ForwardStream
{
    private readonly FileStream _file;
    private readonly DataItem _item;
    private readonly string _address;
    private long _left;

    /// <summary>Owns <paramref name="file"/>; reads at most <paramref name="length"/> bytes from where it stands.</summary>
    /// <exception cref="TemperException">Code <c>SRC_CHANGED</c>.</exception>
    public LocalStream(FileStream file, DataItem item, string address, long? length)
    {
        (_file, _item, _address, _left) = (file, item, address, length ?? long.MaxValue);
        Check();
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        var count = _file.Read(buffer[..(int)Math.Min(buffer.Length, _left)]);
        return Counted(count);
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await _file.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _left)], cancellationToken);
        return Counted(count);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _file.Dispose();
        base.Dispose(disposing);
    }

    private int Counted(int count)
    {
        Check();
        _left -= count;
        return count;
    }

    private void Check()
    {
        if (FileState.Of(_file.SafeFileHandle).Version != _item.Version)
            throw LocalFiles.Changed(_item.Path, _address);
    }
}
