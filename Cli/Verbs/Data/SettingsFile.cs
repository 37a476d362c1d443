using Temper.Core.Errors;

namespace Temper.Cli.Verbs.Data;

/// <summary>A file that people write by hand. More than 16 MiB of it, or a device that never ends, is not read.</summary>
internal static class SettingsFile
{
    private const int Most = 16 << 20;

    /// <summary>Its bytes.</summary>
    /// <exception cref="TemperException">Codes <c>not_found</c> and <c>CFG_SYNTAX</c>.</exception>
    public static async Task<byte[]> ReadAsync(string path, string remedy, CancellationToken ct)
    {
        if (!File.Exists(path))
            throw Directory.Exists(path) ? new TemperException("usage", $"{Path.GetFullPath(path)} is a folder, not a file.", remedy) : new TemperException("not_found", $"{Path.GetFullPath(path)} does not exist.", remedy);
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.Asynchronous);
        var (bytes, read) = (new byte[64 << 10], 0);
        for (int more; (more = await file.ReadAsync(bytes.AsMemory(read), ct)) > 0;)
        {
            read += more;
            if (read > Most)
                throw new TemperException([new Problem("CFG_SYNTAX", $"{path} has more than {Most} bytes.") { File = path, Hint = remedy }]);
            if (read == bytes.Length)
                Array.Resize(ref bytes, bytes.Length * 2);
        }
        return bytes[..read];
    }
}
