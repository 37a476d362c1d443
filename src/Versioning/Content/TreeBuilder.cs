using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Objects;
using Temper.Versioning.Paths;
using Temper.Versioning.Trees;

namespace Temper.Versioning.Content;

/// <summary>Puts paths into nested trees, refusing what some file system would make one file.</summary>
internal sealed class TreeBuilder
{
    private readonly Dictionary<string, TreeBuilder> _folders = new(StringComparer.Ordinal);
    private readonly Dictionary<string, StoredFile> _files = new(StringComparer.Ordinal);

    // Name by its folded form: case does not tell files apart on Windows and macOS.
    private readonly Dictionary<string, string> _folded = new(StringComparer.Ordinal);

    /// <summary>Adds a file; the problem when its path meets another one.</summary>
    public Problem? Add(SafePath path, StoredFile file)
    {
        var parts = path.Parts;
        var folder = this;
        foreach (var part in parts[..^1])
        {
            if (folder.Claim(part, isFolder: true) is { } other)
                return Collision(path, other);
            if (!folder._folders.TryGetValue(part, out var next))
                folder._folders.Add(part, next = new());
            folder = next;
        }
        if (folder.Claim(parts[^1], isFolder: false) is { } taken)
            return Collision(path, taken);
        folder._files.Add(parts[^1], file);
        return null;
    }

    /// <summary>Hands out all trees, the root last; the root's entry.</summary>
    public TreeEntry Write(Action<Digest, byte[]> write, string name = "")
    {
        var entries = _files.Select(f => new TreeEntry(EntryMode.File, f.Key, f.Value.Id, f.Value.Size)).ToList();
        foreach (var (below, folder) in _folders)
            entries.Add(folder.Write(write, below));
        var (id, size) = new FolderBuilder(write).Write(entries);
        return new(EntryMode.Folder, name, id, size);
    }

    private string? Claim(string part, bool isFolder)
    {
        var folded = part.ToUpperInvariant();
        if (!_folded.TryGetValue(folded, out var holder))
        {
            _folded.Add(folded, part);
            return null;
        }
        return isFolder && holder == part && !_files.ContainsKey(part) ? null : holder;
    }

    private static Problem Collision(SafePath path, string other) =>
        new("path_collision", $"The path '{path}' meets '{other}': some systems take them for one file.") { File = path.ToString() };
}
