using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;

namespace Temper.Versioning.Backups;

/// <summary>One file of a snapshot.</summary>
/// <param name="Path">Below the folder that was backed up, with <c>/</c>.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Sha256">Of its bytes; names the copy.</param>
/// <param name="ModifiedTicks">Time of its last change, in ticks of 100 ns since year 1, UTC: what tells the next snapshot that it need not be read again.</param>
/// <param name="IsDatabase">It is a copy of a database at one instant, not the file's own bytes.</param>
public sealed record BackupEntry(string Path, long Size, Digest Sha256, long ModifiedTicks, bool IsDatabase = false);

/// <summary>One snapshot: what was there at one time, by digest. Specification: docs/formats/backups.md.</summary>
/// <param name="FormatVersion">1.</param>
/// <param name="Kind"><c>repository</c>, <c>bare</c> or <c>home</c>.</param>
/// <param name="CreatedAt">When the database was copied; everything else was copied later.</param>
/// <param name="Files">Sorted by path.</param>
public sealed record BackupManifest(int FormatVersion, string Kind, DateTimeOffset CreatedAt, IReadOnlyList<BackupEntry> Files)
{
    /// <summary>The version that this program writes.</summary>
    public const int Version = 1;

    private const long Largest = 1L << 30;

    /// <summary>Bytes of all files together.</summary>
    public long TotalSize() => Files.Sum(f => f.Size);

    /// <summary>Reads a manifest as if somebody had tampered with it.</summary>
    /// <exception cref="TemperException">Code <c>backup_damaged</c>.</exception>
    public static BackupManifest Read(string file)
    {
        try
        {
            if (new FileInfo(file).Length > Largest)
                throw Damaged(file, "it has more than a gigabyte");
            using var stream = File.OpenRead(file);
            var manifest = JsonSerializer.Deserialize<BackupManifest>(stream, Wire.Strict) ?? throw Damaged(file, "it is empty");
            if (manifest.FormatVersion != Version)
                throw Damaged(file, $"it has format version {manifest.FormatVersion}; this program reads {Version}");
            // A path that leads elsewhere would be written elsewhere.
            if (manifest.Files.FirstOrDefault(f => !IsInside(f.Path) || f.Size < 0) is { } bad)
                throw Damaged(file, $"'{bad.Path}' of {bad.Size} bytes is no file of a backup");
            return manifest;
        }
        catch (JsonException error)
        {
            throw new TemperException([new Problem("backup_damaged", $"{file} cannot be read: {error.Message}") { File = file, Line = error.LineNumber + 1 }], error);
        }
    }

    /// <summary>The error of a file of a backup that is not what it should be.</summary>
    public static TemperException Damaged(string file, string why) => new([new Problem("backup_damaged", $"{file} cannot be used: {why}.") { File = file }]);

    private static bool IsInside(string? path) => path is { Length: > 0 } && !Path.IsPathRooted(path) && !path.Contains('\\', StringComparison.Ordinal)
        && path.Split('/').All(part => part is not ("" or "." or "..") && !part.Contains('\0', StringComparison.Ordinal));
}
