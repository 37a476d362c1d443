namespace Temper.Ingest;

/// <summary>One file that holds records, as its unpacked bytes: an uploaded one or an entry of an archive. All reads are pinned to one version of the blob.</summary>
internal abstract class DataFile : IAsyncDisposable
{
    /// <summary>Bytes of a file's begin by which its kind is told.</summary>
    public const int SampleBytes = 64 << 10;

    /// <summary>Why the packing cannot be trusted; known at the end.</summary>
    public virtual FileFault? Fault => null;

    /// <summary>Whole members of gzip or frames of Zstandard so far; null when the file is not compressed.</summary>
    public virtual int? Members => null;

    /// <summary>The first <see cref="SampleBytes"/> unpacked bytes, or all of a shorter file.</summary>
    public virtual async Task<ReadOnlyMemory<byte>> SampleAsync(CancellationToken ct)
    {
        var sample = new byte[SampleBytes];
        var stream = await OpenAsync(0, ct).ConfigureAwait(false);
        return sample.AsMemory(0, await stream.ReadAtLeastAsync(sample, sample.Length, throwOnEndOfStream: false, ct).ConfigureAwait(false));
    }

    /// <summary>Opens the unpacked bytes from a place on. The stream belongs to the file: it is closed with it, or when another place is opened.</summary>
    public abstract Task<Stream> OpenAsync(long offset, CancellationToken ct);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    /// <summary>Reads past bytes of a stream that cannot seek.</summary>
    protected static async Task SkipAsync(Stream stream, long bytes, CancellationToken ct)
    {
        var buffer = new byte[(int)Math.Min(128 << 10, bytes)];
        while (bytes > 0)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, bytes)), ct).ConfigureAwait(false);
            if (read == 0)
                return;
            bytes -= read;
        }
    }
}
