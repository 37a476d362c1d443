namespace Temper.Models;

/// <summary>Files that are there whole or not at all.</summary>
internal static class DurableFile
{
    /// <summary>Writes a temporary neighbour, flushes it to the disk and renames it over <paramref name="path"/>.</summary>
    /// <param name="path">Target.</param>
    /// <param name="content">Writes the bytes.</param>
    /// <param name="verify">Reads the temporary file, at its own path, before it gets its name; what it throws leaves the old file.</param>
    public static void Write(string path, Action<Stream> content, Action<string>? verify = null)
    {
        var temporary = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
            {
                content(stream);
                stream.Flush(flushToDisk: true);
            }

            verify?.Invoke(temporary);
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>The same for bytes in memory.</summary>
    public static void Write(string path, ReadOnlyMemory<byte> content) => Write(path, stream => stream.Write(content.Span));
}
