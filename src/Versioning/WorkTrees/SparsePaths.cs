using Temper.Versioning.Repositories;

namespace Temper.Versioning.WorkTrees;

/// <summary>
/// The part of a sparse work tree that is checked out: the folders that <c>core.sparsepath</c> names with all below them, and the files that stand
/// directly in the root or in a folder on the way there. The rest is in the index and counts as unchanged.
/// </summary>
/// <param name="folders">Paths from the root.</param>
public sealed class SparsePaths(IReadOnlyList<string> folders)
{
    private readonly string[] _folders = [.. folders.Select(f => f.Trim('/')).Where(f => f.Length > 0)];

    /// <summary>What a repository's settings say; null: all of it.</summary>
    public static SparsePaths? Of(RepositoryConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return config.GetAll("core.sparsepath") is { Count: > 0 } folders ? new(folders) : null;
    }

    /// <summary>Whether a file is checked out.</summary>
    public bool Holds(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var slash = path.LastIndexOf('/');
        var folder = slash < 0 ? "" : path[..(slash + 1)];
        return slash < 0 || Array.Exists(_folders, f => path == f || path.StartsWith(f + "/", StringComparison.Ordinal) || (f + "/").StartsWith(folder, StringComparison.Ordinal));
    }
}
