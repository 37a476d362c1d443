using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Temper.Testing.Servers;

/// <summary>A dataset repository of a <see cref="HubServer"/>: commits are folders, branches are names of commits and can be moved.</summary>
public sealed class HubDatasetRepository
{
    /// <summary>Its name.</summary>
    public string Name { get; init; } = "our-org/Tiny-Data";

    /// <summary>Commit (40 hex digits) to the folder of its files.</summary>
    public ConcurrentDictionary<string, string> Commits { get; } = new();

    /// <summary>Branch or tag to commit.</summary>
    public ConcurrentDictionary<string, string> Branches { get; } = new();

    /// <summary>Entries of one page of a tree.</summary>
    public int PageSize { get; set; } = 1000;

    /// <summary>Adds a commit and lets main stand for it.</summary>
    public void Commit(string commit, string folder) => (Commits[commit], Branches["main"]) = (folder, commit);
}

/// <summary>The routes of datasets: <c>/api/datasets/NAME/revision/REVISION</c>, <c>/api/datasets/NAME/tree/COMMIT?recursive=true</c> with <c>Link</c> to the next page, and
/// <c>/datasets/NAME/resolve/COMMIT/PATH</c>.</summary>
public sealed partial class HubServer
{
    /// <summary>Its one dataset, or null.</summary>
    public HubDatasetRepository? Dataset { get; set; }

    private async Task<bool> AnswersDatasetAsync(HttpContext context, string path)
    {
        if (Dataset is not { } dataset)
            return false;
        var api = $"/api/datasets/{dataset.Name}/";
        var resolve = $"/datasets/{dataset.Name}/resolve/";
        if (path.StartsWith(api + "revision/", StringComparison.Ordinal))
            await RevisionAsync(context, dataset, Uri.UnescapeDataString(path[(api + "revision/").Length..]));
        else if (path.StartsWith(api + "tree/", StringComparison.Ordinal))
            await TreeAsync(context, dataset, path, path[(api + "tree/").Length..]);
        else if (path.StartsWith(resolve, StringComparison.Ordinal) && path.Length > resolve.Length + 41)
            await ResolveAsync(context, dataset.Commits.GetValueOrDefault(path.Substring(resolve.Length, 40)) ?? "/nowhere", path.Substring(resolve.Length, 40), Uri.UnescapeDataString(path[(resolve.Length + 41)..]));
        else
            return false;
        return true;
    }

    private static Task RevisionAsync(HttpContext context, HubDatasetRepository dataset, string revision) =>
        dataset.Branches.GetValueOrDefault(revision, revision) is var commit && dataset.Commits.ContainsKey(commit)
            ? context.Response.WriteAsync(JsonSerializer.Serialize(new { id = dataset.Name, sha = commit }))
            : RefuseAsync(context, 404, "RevisionNotFound", "Invalid rev id");

    private static async Task TreeAsync(HttpContext context, HubDatasetRepository dataset, string path, string commit)
    {
        if (!dataset.Commits.TryGetValue(commit, out var folder))
        {
            await RefuseAsync(context, 404, "RevisionNotFound", "Invalid rev id");
            return;
        }
        var all = Directory.GetFileSystemEntries(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
        var from = int.Parse(context.Request.Query["cursor"].FirstOrDefault() ?? "0", CultureInfo.InvariantCulture);
        if (from + dataset.PageSize < all.Count)
            context.Response.Headers.Link = $"<{context.Request.Scheme}://{context.Request.Host}{path}?recursive=true&cursor={from + dataset.PageSize}>; rel=\"next\"";
        await context.Response.WriteAsync(JsonSerializer.Serialize(all.Skip(from).Take(dataset.PageSize).Select(entry => Entry(folder, entry))));
    }

    private static object Entry(string folder, string entry)
    {
        var name = Path.GetRelativePath(folder, entry).Replace('\\', '/');
        if (Directory.Exists(entry))
            return new { type = "directory", oid = new string('d', 40), size = 0, path = name };
        var content = File.ReadAllBytes(entry);
        return IsLarge(name, content)
            ? new { type = "file", oid = new string('b', 40), size = content.Length, path = name, lfs = new { oid = Sha256(content), size = content.Length, pointerSize = 130 } }
            : new { type = "file", oid = BlobId(content), size = content.Length, path = name };
    }
}
