namespace Temper.Core.Files;

/// <summary>A small local file that is replaced whole: after a crash or a loss of power it holds the old bytes or the new ones, never a part.</summary>
public static class DurableFile
{
    /// <summary>Writes <paramref name="content"/> beside <paramref name="path"/>, syncs it, then gives it the name.</summary>
    /// <exception cref="IOException">The disk is full or the folder is not there; the old file stays.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    public static void Replace(string path, ReadOnlySpan<byte> content)
    {
        var temporary = $"{path}.{Environment.ProcessId}.new";
        try
        {
            using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
