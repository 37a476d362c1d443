using Temper.Core.Errors;

namespace Temper.Cli.Export;

/// <summary>Where a result is written: whole or not at all. It is made under a temporary name beside the place and renamed at the end.</summary>
internal sealed class OutputPlace : IDisposable
{
    private readonly string _path;

    private OutputPlace(string path) => (_path, Temporary) = (path, $"{path}.{Environment.ProcessId}.tmp");

    /// <summary>The name to write to; nothing is there yet.</summary>
    public string Temporary { get; }

    /// <summary>Takes a place for a file or a folder.</summary>
    /// <exception cref="TemperException">Code <c>output_exists</c>: something is there and may not, or is not of a kind that may, be replaced.</exception>
    public static OutputPlace At(string path, bool force)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (File.Exists(full) && !force)
            throw new TemperException("output_exists", $"{full} is there already.", "Name another place, or replace it with --force.");
        if (Directory.Exists(full) && Directory.EnumerateFileSystemEntries(full).Any())
        {
            if (!force)
                throw new TemperException("output_exists", $"{full} is there already, and not empty.", "Name another place, or replace it with --force.");
            if (!File.Exists(Path.Combine(full, "config.json")) && !File.Exists(Path.Combine(full, "adapter_config.json")))
                throw new TemperException("output_exists", $"{full} does not look like a model's folder, so it is not replaced, even with --force.", "Name another place.");
        }
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        return new(full);
    }

    /// <summary>Gives the result its name, in the stead of what was there.</summary>
    public string Keep()
    {
        if (File.Exists(Temporary) && !Directory.Exists(_path))
            File.Move(Temporary, _path, overwrite: true);
        else
        {
            var old = $"{_path}.{Environment.ProcessId}.old";
            if (Directory.Exists(_path))
                Directory.Move(_path, old);
            else if (File.Exists(_path))
                File.Delete(_path);
            Directory.Move(Temporary, _path);
            if (Directory.Exists(old))
                Directory.Delete(old, recursive: true);
        }
        return _path;
    }

    public void Dispose()
    {
        if (Directory.Exists(Temporary))
            Directory.Delete(Temporary, recursive: true);
        else
            File.Delete(Temporary);
    }
}
