using Temper.Core.Errors;
using Temper.Core.Files;

namespace Temper.Versioning.Sync;

/// <summary>
/// A range of something far away, opened again where it broke. Gives up with <c>server_unreachable</c> when several attempts in a row bring nothing.
/// </summary>
/// <param name="open">Opens so many bytes from an offset.</param>
/// <param name="offset">Where the range begins.</param>
/// <param name="length">Bytes of the range.</param>
/// <param name="pauses">Waits between attempts.</param>
internal sealed class ResumingStream(Func<long, long, Task<Stream>> open, long offset, long length, RetryPauses pauses) : ForwardStream
{
    private long _position;
    private Stream? _source;

    public override long Length => length;

    public override long Position { get => _position; set => base.Position = value; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position == length || buffer.IsEmpty)
            return 0;
        while (true)
        {
            try
            {
                _source ??= await open(offset + _position, length - _position);
                var count = await _source.ReadAsync(buffer[..(int)Math.Min(buffer.Length, length - _position)], cancellationToken).AsTask().WaitAsync(RetryPauses.Silence, cancellationToken);
                if (count == 0)
                    throw new IOException("The answer ends before its time.");
                _position += count;
                pauses.Succeeded();
                return count;
            }
            catch (Exception error) when (RetryPauses.IsBroken(error))
            {
                await CloseAsync();
                await pauses.FailedAsync(error, cancellationToken);
            }
        }
    }

    public override int Read(Span<byte> buffer) => ReadByWaiting(buffer);

    public override async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await base.DisposeAsync();
    }

    private async ValueTask CloseAsync()
    {
        if (_source is not null)
            await _source.DisposeAsync();
        _source = null;
    }
}
