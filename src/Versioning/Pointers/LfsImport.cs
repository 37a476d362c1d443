using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Paths;

namespace Temper.Versioning.Pointers;

/// <summary>Finds what the git-lfs pointers of a work tree stand for.</summary>
public static class LfsImport
{
    /// <summary>
    /// Every pointer below <paramref name="workFolder"/> with its content from <c>.git/lfs/objects</c>, checked against size and SHA-256. Sorted by path.
    /// </summary>
    /// <exception cref="TemperException">Codes <c>not_found</c> (not a git work tree), <c>import_content_missing</c>, <c>object_corrupt</c>, <c>path_invalid</c>: all of them at once.</exception>
    public static async Task<IReadOnlyList<PointedFile>> FindAsync(string workFolder, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(workFolder);
        var git = GitFolder(workFolder);
        var found = new List<PointedFile>();
        var problems = new List<Problem>();
        foreach (var file in PointerWalk.Files(workFolder, LfsPointer.Longest - 1))
        {
            if (LfsPointer.Parse(await File.ReadAllBytesAsync(file, ct)) is not { } pointer)
                continue;
            var relative = PointerWalk.Relative(workFolder, file);
            if (await ProblemAsync(pointer, git, relative, ct) is { } problem)
                problems.Add(problem);
            else
                found.Add(new(SafePath.Parse(relative), Content(git, pointer), pointer.Size, file));
        }
        return problems.Count > 0 ? throw new TemperException(problems) : found;
    }

    private static string Content(string git, LfsPointer pointer) => Path.Combine(git, "lfs", "objects", pointer.CachePath);

    private static async Task<Problem?> ProblemAsync(LfsPointer pointer, string git, string path, CancellationToken ct)
    {
        if (!SafePath.TryParse(path, out _))
            return new("path_invalid", $"'{path}' cannot be the path of a stored file.") { File = path };
        var content = new FileInfo(Content(git, pointer));
        if (!content.Exists)
            return new("import_content_missing", $"The content {pointer.Id} of '{path}' is not below {Path.Combine(git, "lfs", "objects")}.") { Hint = "Fetch it with `git lfs fetch`, then try again.", File = path };
        await using var stream = content.OpenRead();
        var id = await Digest.OfAsync(stream, ct);
        return content.Length == pointer.Size && id == pointer.Id
            ? null
            : new Problem("object_corrupt", $"The content of '{path}' should have {pointer.Size} bytes of digest {pointer.Id}; git-lfs keeps {content.Length} bytes of digest {id}.") { Hint = "Fetch it again with `git lfs fetch`.", File = path };
    }

    // In a linked work tree .git is a file that names the folder; objects lie with the main one.
    private static string GitFolder(string workFolder)
    {
        var git = Path.Combine(workFolder, ".git");
        if (Directory.Exists(git))
            return git;
        if (File.Exists(git) && File.ReadAllText(git).Trim() is var text && text.StartsWith("gitdir: ", StringComparison.Ordinal))
        {
            var own = Path.GetFullPath(text["gitdir: ".Length..], workFolder);
            var common = Path.Combine(own, "commondir");
            return File.Exists(common) ? Path.GetFullPath(File.ReadAllText(common).Trim(), own) : own;
        }
        throw new TemperException("not_found", $"{workFolder} is no git work tree: it has no .git.", "Name the root of the repository whose pointers are to be imported.");
    }
}
