using Temper.Cli.Output;
using Temper.Core.Datasets;
using Temper.Core.Ids;
using Temper.Core.Work;

namespace Temper.Cli.Export;

/// <summary>Says what was written: every file with its size and SHA-256.</summary>
internal static class ExportReport
{
    public static async Task ShowAsync(Terminal terminal, string path, string form, string? dtype, IReadOnlyList<string> notes, CancellationToken ct)
    {
        var files = new List<FileEntry>();
        string[] written = File.Exists(path) ? [path] : [.. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        foreach (var file in written)
        {
            await using var content = File.OpenRead(file);
            files.Add(new(file == path ? Path.GetFileName(path) : Path.GetRelativePath(path, file).Replace('\\', '/'), content.Length, await Digest.OfAsync(content, ct)));
        }
        var digest = File.Exists(path) ? files[0].Sha256 : ModelDigest.Of(files);
        terminal.Document(new { path, form, dtype, bytes = files.Sum(f => f.Size), digest, files, notes });
        terminal.Line($"[bold]{Style.Escape(path)}[/] {form}{(dtype is null ? "" : $", {dtype}")}, {Format.Bytes(files.Sum(f => f.Size))}");
        terminal.Table(["sha256", "bytes", "file"], [.. files.Select(f => (IReadOnlyList<string>)[f.Sha256.Hex, Format.Number(f.Size), f.Path])]);
        foreach (var note in notes)
            terminal.Line($"note: {Style.Escape(note)}");
    }
}
