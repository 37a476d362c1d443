using Temper.Cli.Output;
using Temper.Core.Errors;
using Temper.Ingest;

namespace Temper.Cli.Transfer;

/// <summary>Files that an upload sends, in ordinal order of their paths, and how many entries it leaves out, by reason.</summary>
/// <param name="Files">Path in the upload, and the file.</param>
/// <param name="LeftOut">Links, hidden entries and what a verb refuses: reason to count.</param>
internal sealed record UploadSelection(IReadOnlyList<(string Relative, FileInfo Info)> Files, SortedDictionary<string, int> LeftOut)
{
    private const int MostNamed = 20;

    /// <summary>Looks at a file, or at everything below a folder. Each entry that is left out is named, the first twenty, and all are counted.</summary>
    /// <param name="path">File or folder.</param>
    /// <param name="terminal">Where it is said.</param>
    /// <param name="leaveOut">Gives a reason to leave a path out; null to send it.</param>
    /// <exception cref="TemperException">Codes <c>not_found</c>, <c>upload_empty</c>, <c>upload_not_a_file</c> with every pipe, socket and device.</exception>
    public static UploadSelection Of(string path, Terminal terminal, Func<string, string?>? leaveOut = null)
    {
        if (!File.Exists(path) && !Directory.Exists(path))
            throw new TemperException("not_found", $"{Path.GetFullPath(path)} does not exist.", "Name a file or a folder.");
        var folder = Directory.Exists(path);
        var selection = folder ? OfFolder(path, terminal, leaveOut) : new([(Path.GetFileName(path), new(path))], []);
        List<Problem> unsendable = [.. selection.Files.Where(file => FileState.Of(file.Info.FullName) is { IsFile: false })
            .Select(file => new Problem("upload_not_a_file", $"{(folder ? file.Relative : path)} is a pipe, a socket or a device, not a file.") { Hint = ErrorCatalogue.Find("upload_not_a_file")!.Remedy })];
        if (unsendable.Count > 0)
            throw new TemperException(unsendable);
        return selection.Files.Count > 0 ? selection
            : throw new TemperException("upload_empty", $"{Path.GetFullPath(path)} holds no files to send{(selection.LeftOut.Count > 0 ? $"; left out were {selection.Summary}" : "")}.", "Name a file, or a folder that holds some.");
    }

    /// <summary>The counts in words: <c>2 links, 1 hidden</c>.</summary>
    public string Summary => string.Join(", ", LeftOut.Select(l => l.Key == "link" ? Format.Count(l.Value, "link") : $"{Format.Number(l.Value)} {l.Key}"));

    private static UploadSelection OfFolder(string path, Terminal terminal, Func<string, string?>? leaveOut)
    {
        var (found, left) = (new List<(string Relative, FileInfo Info)>(), new SortedDictionary<string, int>(StringComparer.Ordinal));
        foreach (var entry in FolderFiles.Of(path))
        {
            // Elsewhere a backslash is a character of a name, which the server shall judge.
            var relative = Path.GetRelativePath(path, entry.FullName).Replace(Path.DirectorySeparatorChar, '/');
            var (reason, more) = entry.LinkTarget is { } target ? ("link", $"a link to {target}") : entry.Name.StartsWith('.') ? ("hidden", "hidden") : leaveOut?.Invoke(relative) is { } said ? (said, said) : ("", "");
            if (reason.Length == 0)
            {
                found.Add((relative, (FileInfo)entry));
                continue;
            }
            left[reason] = left.GetValueOrDefault(reason) + 1;
            if (left.Values.Sum() <= MostNamed)
                terminal.Note($"left out: {Style.Escape(Style.Clean($"{relative} ({more})"))}");
        }
        var selection = new UploadSelection([.. found.OrderBy(file => file.Relative, StringComparer.Ordinal)], left);
        if (left.Count > 0)
            terminal.Note($"not sent: {selection.Summary}");
        return selection;
    }
}
