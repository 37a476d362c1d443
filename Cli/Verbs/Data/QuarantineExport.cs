using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Json;
using Temper.Core.Registry;

namespace Temper.Cli.Verbs.Data;

/// <summary>What an export wrote.</summary>
/// <param name="Kept">Lines, or files, that were written.</param>
/// <param name="Without">Quarantined records that were not kept: too long, or never delivered.</param>
/// <param name="Images">Whether files were written into a folder instead of lines into a file.</param>
internal sealed record QuarantineExported(int Kept, int Without, bool Images);

/// <summary>
/// Writes quarantined records as they came, readable by their owner alone, for they may hold what the scans set them aside for: lines into a file, images
/// under their own names into a folder. Reasons go beside them, in the same order.
/// </summary>
internal sealed class QuarantineExport(RegistryClient registry, DatasetVersionInfo version, string output)
{
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite, OwnerFolder = OwnerFile | UnixFileMode.UserExecute;
    private FileStream? _lines, _reasons;

    /// <summary>Where the reasons go.</summary>
    public string Reasons => output.TrimEnd(Path.DirectorySeparatorChar) + ".reasons.jsonl";

    /// <summary>Writes everything that was kept; where nothing was, no file is made.</summary>
    /// <param name="entries">The quarantined records.</param>
    /// <param name="ct">Stops it.</param>
    /// <exception cref="TemperException">Code <c>usage</c>: something lies there already.</exception>
    public async Task<QuarantineExported> RunAsync(IReadOnlyList<QuarantineEntry> entries, CancellationToken ct)
    {
        if (Path.Exists(output) || Path.Exists(Reasons))
            throw new TemperException("usage", $"{output} or {Reasons} exists; it may hold corrections.", "Name a new file.");
        var reasons = entries.GroupBy(e => (e.File, e.Line)).ToDictionary(g => g.Key, g => g.First());
        var (kept, images) = (0, false);
        try
        {
            await using var stream = await registry.Datasets.OpenQuarantinedLinesAsync(version.Name, version.Version, ct);
            await foreach (var line in JsonSerializer.DeserializeAsyncEnumerable<QuarantinedLine>(stream, topLevelValues: true, Wire.Json, ct))
            {
                images |= line!.Whole;
                if (line.Bytes is null)
                    continue;
                if (line.Whole)
                    await WriteFileAsync(line, ct);
                else
                    await WriteLineAsync(_lines ??= Create(output), line.Bytes, ct);
                var entry = reasons.GetValueOrDefault((line.File, line.Line)) ?? new(line.File, line.Line, 0, line.Code, RecordOutcome.Quarantined, ErrorCatalogue.Find(line.Code)?.Meaning ?? "");
                await WriteLineAsync(_reasons ??= Create(Reasons), JsonSerializer.SerializeToUtf8Bytes(entry, Wire.Json), ct);
                kept++;
            }
        }
        finally
        {
            await (_lines?.DisposeAsync() ?? default);
            await (_reasons?.DisposeAsync() ?? default);
        }
        return new(kept, Math.Max(0, entries.Count - kept), images);
    }

    private async Task WriteFileAsync(QuarantinedLine image, CancellationToken ct)
    {
        // The name comes from a server: it must not lead out of the folder.
        var (root, path) = (Path.GetFullPath(output), Path.GetFullPath(Path.Combine([output, .. image.File.Split('/')])));
        if (!path.StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            throw new TemperException("path_invalid", $"'{image.File}' would lie outside of {output}; it is not written.");
        var folder = Path.GetDirectoryName(path)!;
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, OwnerFolder);
        await using var file = Create(path);
        await file.WriteAsync(image.Bytes, ct);
    }

    private static async Task WriteLineAsync(FileStream file, byte[] line, CancellationToken ct)
    {
        await file.WriteAsync(line, ct);
        file.WriteByte((byte)'\n');
    }

    private static FileStream Create(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerFile;
        return new(path, options);
    }
}
