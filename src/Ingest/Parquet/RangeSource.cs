using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>Bytes that can be read anywhere: a file, a blob pinned to a version, a file behind HTTP ranges. What was opened must stay the same bytes.</summary>
public sealed class RangeSource
{
    private readonly Func<long, long, CancellationToken, Task<Stream>> _open;

    /// <summary>A source.</summary>
    /// <param name="name">For messages.</param>
    /// <param name="length">Bytes there are.</param>
    /// <param name="open">Opens that many bytes (second) from an offset (first).</param>
    public RangeSource(string name, long length, Func<long, long, CancellationToken, Task<Stream>> open)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        (Name, Length, _open) = (name, length, open);
    }

    /// <summary>For messages.</summary>
    public string Name { get; }

    /// <summary>Bytes there are.</summary>
    public long Length { get; }

    /// <summary>A file of this machine, opened anew for each range.</summary>
    public static RangeSource OfFile(string path) => new(Path.GetFileName(path), new FileInfo(path).Length, (offset, _, _) =>
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous);
        file.Position = offset;
        return Task.FromResult<Stream>(file);
    });

    /// <summary>Bytes in memory.</summary>
    public static RangeSource OfBytes(string name, byte[] bytes) =>
        new(name, bytes.Length, (offset, length, _) => Task.FromResult<Stream>(new MemoryStream(bytes, (int)offset, (int)length, writable: false)));

    /// <summary>Fills <paramref name="buffer"/> from <paramref name="offset"/>; the range must lie inside <see cref="Length"/>.</summary>
    /// <exception cref="TemperException">Code <c>FILE_TRUNCATED</c> when the source ends before its length.</exception>
    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + buffer.Length, Length);
        if (buffer.IsEmpty)
            return;
        await using var stream = await _open(offset, buffer.Length, ct).ConfigureAwait(false);
        var read = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ct).ConfigureAwait(false);
        if (read < buffer.Length)
            throw new TemperException([new Problem("FILE_TRUNCATED", $"'{Name}' ends at byte {offset + read}; it should have {Length} bytes.") { File = Name }]);
    }
}
