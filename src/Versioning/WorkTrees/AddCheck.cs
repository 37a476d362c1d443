using Temper.Core.Errors;
using Temper.Versioning.Paths;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.WorkTrees;

/// <summary>What must hold of paths before they come into the index.</summary>
internal static class AddCheck
{
    /// <exception cref="TemperException">Codes <c>path_invalid</c>, <c>path_collision</c>, <c>link_refused</c>: every path at fault.</exception>
    public static void ThrowUnlessSafe(Repository repository, IndexSnapshot index, List<string> paths, List<string> removed)
    {
        var keepsLinks = repository.Config.GetBool("core.symlinks", false);
        var problems = new List<Problem>();
        foreach (var path in paths)
        {
            try
            {
                _ = SafePath.Below(GitOrder.Split(path).Folder, GitOrder.Split(path).Name);
            }
            catch (TemperException error)
            {
                problems.AddRange(error.Problems.Select(p => p with { File = path }));
            }
            if (!keepsLinks && ScannedFolder.StatPath(Path.Combine(repository.WorkFolder, path)) is { Kind: NameKind.Link })
                problems.Add(new("link_refused", $"'{path}' is a symbolic link.") { File = path, Hint = ErrorCatalogue.Find("link_refused")!.Remedy });
        }
        problems.AddRange(Collisions(index, paths, removed));
        if (problems.Count > 0)
            throw new TemperException(problems);
    }

    // Names that some systems would take for one file.
    private static IEnumerable<Problem> Collisions(IndexSnapshot index, List<string> paths, List<string> removed)
    {
        var gone = removed.ToHashSet(StringComparer.Ordinal);
        foreach (var group in paths.SelectMany(Names).GroupBy(n => n.Folder, n => n.Name, StringComparer.Ordinal))
        {
            var taken = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            var known = index.Items(group.Key).Where(item => !gone.Contains(group.Key.Length == 0 ? item.Name : $"{group.Key}/{item.Name}")).Select(item => item.Name);
            foreach (var name in known.Concat(index.Subfolders(group.Key)))
                taken.TryAdd(name, name);
            foreach (var name in group.Distinct(StringComparer.Ordinal))
            {
                if (taken.TryAdd(name, name) || taken[name] == name)
                    continue;
                var path = group.Key.Length == 0 ? name : $"{group.Key}/{name}";
                yield return new("path_collision", $"'{path}' and '{taken[name]}' are one name on systems that do not tell case apart.") { File = path };
            }
        }
    }

    private static IEnumerable<(string Folder, string Name)> Names(string path)
    {
        for (var rest = path; rest.Length > 0;)
        {
            var (folder, name) = GitOrder.Split(rest);
            yield return (folder, name);
            rest = folder;
        }
    }
}
