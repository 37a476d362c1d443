using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Files;
using Temper.Versioning.Paths;

namespace Temper.Versioning.Metadata;

/// <summary>
/// Documents as files that people edit: <c>models/qwen-ft</c> is <c>FOLDER/models/qwen-ft.json</c>. The files are what the next commit takes. Files
/// of other endings are left alone; links are refused.
/// </summary>
public static class MetadataFolder
{
    /// <summary>The kinds of documents, and the folders that hold them.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["models", "datasets"];

    private const string Ending = ".json";

    /// <summary>Reads a document's path: <c>models/NAME</c> or <c>datasets/NAME</c>; the name may have several parts.</summary>
    /// <exception cref="TemperException">Codes <c>path_invalid</c>, <c>metadata_invalid</c>.</exception>
    public static SafePath PathOf(string text)
    {
        var path = SafePath.Parse(text);
        return path.Parts.Length > 1 && Kinds.Contains(path.Parts[0])
            ? path
            : throw new TemperException("metadata_invalid", $"'{path}' names no metadata document: it begins with models/ or datasets/.");
    }

    /// <summary>The file of a document.</summary>
    public static string FileOf(string folder, SafePath path) => Path.Combine([folder, .. path.Parts]) + Ending;

    /// <summary>All documents of a folder; none when it does not exist.</summary>
    /// <exception cref="TemperException">All that is wrong with any of them: <c>metadata_invalid</c>, <c>path_invalid</c>.</exception>
    public static SortedDictionary<SafePath, JsonElement> Read(string folder)
    {
        var documents = new SortedDictionary<SafePath, JsonElement>();
        var problems = new List<Problem>();
        foreach (var kind in Kinds.Select(k => new DirectoryInfo(Path.Combine(folder, k))).Where(k => k.Exists))
            Read(kind, kind.Name, documents, problems);
        return problems.Count == 0 ? documents : throw new TemperException(problems);
    }

    /// <summary>
    /// Makes the folder hold these documents and no others. Files whose document is the same already are not touched, however they are laid out.
    /// </summary>
    public static void Write(string folder, IReadOnlyDictionary<SafePath, JsonElement> documents)
    {
        ArgumentNullException.ThrowIfNull(documents);
        var kept = documents.Keys.Select(path => FileOf(folder, path)).ToHashSet(StringComparer.Ordinal);
        foreach (var kind in Kinds.Select(k => Path.Combine(folder, k)).Where(Directory.Exists))
            foreach (var file in Directory.EnumerateFiles(kind, "*" + Ending, new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }))
                if (!kept.Contains(file))
                    File.Delete(file);
        foreach (var (path, document) in documents)
            Write(folder, path, document);
    }

    /// <summary>Writes one document, whole or not at all; leaves a file alone that says the same.</summary>
    /// <exception cref="TemperException">Code <c>path_invalid</c>: a folder on the way is a link.</exception>
    public static void Write(string folder, SafePath path, JsonElement document)
    {
        var file = FileOf(folder, path);
        if (IsSame(file, document))
            return;
        for (var parent = new DirectoryInfo(Path.GetDirectoryName(file)!); parent is not null && parent.FullName.Length > Path.GetFullPath(folder).Length; parent = parent.Parent)
            if (parent.LinkTarget is not null)
                throw new TemperException("path_invalid", $"'{parent.FullName}' is a link; nothing is written through it.");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        DurableFile.Write(file, MetadataJson.Pretty(document));
    }

    private static bool IsSame(string file, JsonElement document)
    {
        try
        {
            return File.Exists(file) && new FileInfo(file).LinkTarget is null
                && MetadataJson.Canonical(MetadataJson.Parse(File.ReadAllBytes(file), file)).AsSpan().SequenceEqual(MetadataJson.Canonical(document));
        }
        catch (TemperException)
        {
            // What cannot be read is replaced.
            return false;
        }
    }

    private static void Read(DirectoryInfo folder, string before, SortedDictionary<SafePath, JsonElement> documents, List<Problem> problems)
    {
        foreach (var entry in folder.EnumerateFileSystemInfos().OrderBy(e => e.Name, StringComparer.Ordinal))
        {
            var isFolder = entry is DirectoryInfo;
            if (!isFolder && !entry.Name.EndsWith(Ending, StringComparison.Ordinal))
                continue;
            var name = $"{before}/{(isFolder ? entry.Name : entry.Name[..^Ending.Length])}";
            try
            {
                if (entry.LinkTarget is not null)
                    throw new TemperException([new("metadata_invalid", $"'{name}' is a link; documents are files.") { File = entry.FullName }]);
                if (entry is DirectoryInfo below)
                    Read(below, name, documents, problems);
                else if (((FileInfo)entry).Length > MetadataJson.LargestDocument)
                    throw new TemperException([new("metadata_invalid", $"'{name}' has {((FileInfo)entry).Length} bytes; a document has {MetadataJson.LargestDocument} at most.") { File = entry.FullName }]);
                else
                    documents.Add(PathOf(name), MetadataJson.Parse(File.ReadAllBytes(entry.FullName), entry.FullName));
            }
            catch (TemperException error)
            {
                problems.AddRange(error.Problems);
            }
        }
    }
}
