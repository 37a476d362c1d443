using Amazon.S3.Model;
using Temper.Core.Files;

namespace Temper.Storage.S3;

/// <summary>Reads an answer forward. When the connection breaks, the rest is asked for again at the same version, or reading fails.</summary>
/// <param name="answer">The first answer.</param>
/// <param name="resume">Asks for what lies that many bytes behind the beginning, of the same version.</param>
/// <param name="translate">The catalogue's error for one of the network's.</param>
internal sealed class S3ReadStream(GetObjectResponse answer, Func<long, CancellationToken, Task<GetObjectResponse>> resume, Func<Exception, Exception?> translate) : ForwardStream
{
    private const int MostBreaks = 4;

    private readonly long _length = answer.ContentLength;
    private GetObjectResponse _answer = answer;
    private long _position;
    private int _breaks;

    public override long Length => _length;

    public override long Position { get => _position; set => base.Position = value; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                var count = await _answer.ResponseStream.ReadAsync(buffer, cancellationToken);
                if (count == 0 && buffer.Length > 0 && _position < _length)
                    throw new IOException($"The answer ended after {_position} of {_length} bytes.");
                _position += count;
                return count;
            }
            catch (Exception error) when (error is IOException or HttpRequestException && !cancellationToken.IsCancellationRequested)
            {
                if (++_breaks > MostBreaks)
                    throw translate(error) ?? error;
                _answer.Dispose();
                _answer = await resume(_position, cancellationToken);
            }
        }
    }

    public override int Read(Span<byte> buffer) => ReadByWaiting(buffer);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _answer.Dispose();
        base.Dispose(disposing);
    }
}
