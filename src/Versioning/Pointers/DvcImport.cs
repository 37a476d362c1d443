using System.Security.Cryptography;
using System.Text.Json;
using Temper.Core.Errors;
using Temper.Versioning.Paths;

namespace Temper.Versioning.Pointers;

/// <summary>
/// Finds what the DVC pointers of a work tree stand for: <c>*.dvc</c> and <c>dvc.lock</c>, files and folders, in the caches of DVC 3
/// (<c>files/md5/aa/…</c>) and of DVC 1 and 2 (<c>aa/…</c>).
/// </summary>
public static class DvcImport
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 8 };

    /// <summary>Every file that a pointer below <paramref name="workFolder"/> names, with its content from the cache, checked against size and MD5. Sorted by path.</summary>
    /// <exception cref="TemperException">
    /// Codes <c>not_found</c> (not a DVC work tree), <c>import_pointer_invalid</c>, <c>import_content_missing</c>, <c>object_corrupt</c>,
    /// <c>path_invalid</c>, <c>path_collision</c>: all of them at once.
    /// </exception>
    public static async Task<IReadOnlyList<PointedFile>> FindAsync(string workFolder, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(workFolder);
        var caches = Caches(workFolder);
        var found = new SortedDictionary<SafePath, PointedFile>();
        var problems = new List<Problem>();
        foreach (var pointer in PointerWalk.Files(workFolder, long.MaxValue).Where(IsPointer))
        {
            try
            {
                foreach (var item in DvcOut.Read(pointer))
                    foreach (var (path, md5, size) in Files(item, PathOf(workFolder, pointer, item), caches))
                        if (await FileAsync(path, md5, size, pointer, caches, found, ct) is { } problem)
                            problems.Add(problem);
            }
            catch (TemperException error)
            {
                problems.AddRange(error.Problems);
            }
        }
        return problems.Count > 0 ? throw new TemperException(problems) : [.. found.Values];
    }

    private static bool IsPointer(string file) => file.EndsWith(".dvc", StringComparison.Ordinal) || Path.GetFileName(file) == "dvc.lock";

    private static string PathOf(string workFolder, string pointer, DvcOut item) =>
        PointerWalk.Relative(workFolder, Path.GetFullPath(item.Path, Path.GetDirectoryName(pointer)!));

    private static IEnumerable<(string Path, string Md5, long? Size)> Files(DvcOut item, string path, IReadOnlyList<string> caches)
    {
        if (!item.IsFolder)
            return [(path, item.Md5, item.Size)];
        var listing = Find(caches, item.Md5) ?? throw new TemperException([Missing(path, item.Md5, caches)]);
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(listing), Strict);
            return [.. json.RootElement.EnumerateArray().Select(entry =>
                ($"{path}/{entry.GetProperty("relpath").GetString()}", entry.GetProperty("md5").GetString() ?? "", (long?)null))];
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new TemperException([new Problem("import_pointer_invalid", $"The folder listing {item.Md5} of '{path}' cannot be read: {error.Message}") { File = listing }]);
        }
    }

    private static async Task<Problem?> FileAsync(string path, string md5, long? size, string pointer, IReadOnlyList<string> caches, SortedDictionary<SafePath, PointedFile> found, CancellationToken ct)
    {
        if (!SafePath.TryParse(path, out var safe))
            return new("path_invalid", $"'{path}', which {pointer} names, cannot be the path of a stored file.") { File = pointer };
        if (!DvcOut.IsMd5(md5))
            return new("import_pointer_invalid", $"'{md5}' of '{path}' is not an MD5 digest.") { File = pointer };
        if (Find(caches, md5) is not { } content)
            return Missing(path, md5, caches);
        await using var stream = File.OpenRead(content);
        if (size is { } announced && announced != stream.Length || await Md5Async(stream, ct) != md5)
            return new Problem("object_corrupt", $"The content of '{path}' does not have the size and MD5 digest {md5} that {pointer} names.") { Hint = "Get it again with `dvc fetch`.", File = content };
        return found.TryAdd(safe, new(safe, content, stream.Length, pointer)) || found[safe].Content == content
            ? null
            : new("path_collision", $"Two pointers name '{path}' with different content: {found[safe].Pointer} and {pointer}.") { File = pointer };
    }

    private static string? Find(IReadOnlyList<string> caches, string md5) =>
        caches.Select(cache => Path.Combine(cache, md5[..2], md5[2..])).FirstOrDefault(File.Exists);

    private static Problem Missing(string path, string md5, IReadOnlyList<string> caches) => new("import_content_missing",
        $"The content {md5} of '{path}' is in none of {string.Join(", ", caches)}.")
    { Hint = "Get it with `dvc fetch`, then try again.", File = path };

    /// <summary>The cache's folders, newest layout first; <c>cache.dir</c> of <c>.dvc/config</c> and <c>.dvc/config.local</c> moves them.</summary>
    private static IReadOnlyList<string> Caches(string workFolder)
    {
        var own = Path.Combine(workFolder, ".dvc");
        if (!Directory.Exists(own))
            throw new TemperException("not_found", $"{workFolder} is no DVC work tree: it has no .dvc.", "Name the root of the repository whose pointers are to be imported.");
        var cache = new[] { "config.local", "config" }.Select(name => CacheDir(Path.Combine(own, name))).FirstOrDefault(dir => dir is not null);
        var root = Path.GetFullPath(cache ?? "cache", own);
        return [Path.Combine(root, "files", "md5"), root];
    }

    private static string? CacheDir(string config)
    {
        var section = "";
        foreach (var line in File.Exists(config) ? File.ReadLines(config).Select(l => l.Trim()) : [])
        {
            if (line.StartsWith('['))
                section = line.Trim('[', ']').Trim();
            else if (section == "cache" && line.Split('=', 2) is [var key, var value] && key.Trim() == "dir")
                return value.Trim();
        }
        return null;
    }

    // DVC's identity is MD5; here it only finds and checks its own cache.
    private static async Task<string> Md5Async(Stream stream, CancellationToken ct) =>
#pragma warning disable CA5351
        Convert.ToHexStringLower(await MD5.HashDataAsync(stream, ct));
#pragma warning restore CA5351
}
