using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>Real places of paths that may lead through symbolic links.</summary>
internal static class LocalPaths
{
    private const int MostLinks = 40;

    /// <summary>The path without a link in it; null when it leads nowhere or in a circle.</summary>
    public static string? Resolve(string path)
    {
        var links = 0;
        var todo = new Stack<string>(Parts(path).Reverse());
        var real = Path.GetPathRoot(path)!;
        while (todo.TryPop(out var part))
        {
            if (part == "..")
            {
                real = Path.GetDirectoryName(real) ?? real;
                continue;
            }
            var next = Path.Combine(real, part);
            FileSystemInfo entry = new FileInfo(next) is { LinkTarget: not null } or { Exists: true } ? new FileInfo(next) : new DirectoryInfo(next);
            if (entry.LinkTarget is not { } target)
            {
                if (!entry.Exists)
                    return null;
                real = next;
                continue;
            }
            if (++links > MostLinks)
                return null;
            if (Path.IsPathRooted(target))
                real = Path.GetPathRoot(target)!;
            foreach (var piece in Parts(target).Reverse())
                todo.Push(piece);
        }
        return real;
    }

    /// <summary>A folder below <paramref name="root"/>, which may be yet to be made.</summary>
    /// <exception cref="TemperException">Code <c>SRC_OUTSIDE_ROOT</c>.</exception>
    public static string Below(string root, string folder)
    {
        var path = Path.GetFullPath(folder, Path.GetFullPath(root));
        var there = path;
        while (!Path.Exists(there) && Path.GetDirectoryName(there) is { } above)
            there = above;
        return Resolve(there) is { } real && Resolve(Path.GetFullPath(root)) is { } realRoot && IsInside(real, realRoot)
            ? path
            : throw new TemperException("SRC_OUTSIDE_ROOT", $"The folder '{folder}' is not below {root}, where local data must lie.");
    }

    /// <summary>Whether a real path is <paramref name="root"/> or below it.</summary>
    public static bool IsInside(string path, string root) =>
        path == root || path.StartsWith(root.EndsWith(Path.DirectorySeparatorChar) ? root : root + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private static IEnumerable<string> Parts(string path) => path[(Path.GetPathRoot(path)?.Length ?? 0)..]
        .Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".");
}
