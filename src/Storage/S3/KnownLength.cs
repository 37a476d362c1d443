namespace Temper.Storage.S3;

/// <summary>Content whose length is known before it is sent, as the service asks: itself where it can be measured, else a copy in memory or in a temporary file.</summary>
internal sealed class KnownLength : IAsyncDisposable
{
    private const int MostInMemory = 16 << 20;
    private readonly bool _copied;

    private KnownLength(Stream content, bool copied) => (Content, _copied) = (content, copied);

    /// <summary>Seekable; from where it stands to its end.</summary>
    public Stream Content { get; }

    public static async Task<KnownLength> OfAsync(Stream content, CancellationToken ct)
    {
        if (content.CanSeek)
            return new(content, copied: false);
        Stream copy = new MemoryStream();
        try
        {
            var buffer = new byte[1 << 17];
            int count;
            while ((count = await content.ReadAsync(buffer, ct)) > 0)
            {
                if (copy is MemoryStream && copy.Length + count > MostInMemory)
                    copy = await ToFileAsync(copy, ct);
                await copy.WriteAsync(buffer.AsMemory(0, count), ct);
            }
        }
        catch
        {
            await copy.DisposeAsync();
            throw;
        }
        copy.Position = 0;
        return new(copy, copied: true);
    }

    public ValueTask DisposeAsync() => _copied ? Content.DisposeAsync() : ValueTask.CompletedTask;

    private static async Task<Stream> ToFileAsync(Stream memory, CancellationToken ct)
    {
        var file = new FileStream(Path.GetTempFileName(), FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1 << 17, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
        memory.Position = 0;
        await memory.CopyToAsync(file, ct);
        await memory.DisposeAsync();
        return file;
    }
}
