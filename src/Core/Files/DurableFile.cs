namespace Temper.Core.Files;

/// <summary>Local files that are replaced whole: after a crash or a loss of power there are the old bytes or the new ones, never a part.</summary>
public static class DurableFile
{
    /// <summary>Writes a temporary neighbour, flushes it to the disk, renames it over <paramref name="path"/> and flushes its folder.</summary>
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
            DurableNames.Flush(Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>The same for bytes in memory.</summary>
    /// <exception cref="IOException">The disk is full or the folder is not there; the old file stays.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    public static void Write(string path, ReadOnlyMemory<byte> content) => Write(path, stream => stream.Write(content.Span));
}
