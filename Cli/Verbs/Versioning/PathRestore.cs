using Temper.Core.Errors;
using Temper.Versioning.History;
using Temper.Versioning.Repositories;
using Temper.Versioning.WorkTrees;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>Restores named paths, for <c>restore</c> and <c>checkout</c>.</summary>
internal static class PathRestore
{
    /// <returns>0; 1 when a path fits nothing or is in conflict, and then nothing is restored.</returns>
    public static async Task<int> RunAsync(VersionSession session, List<string> paths, RestoreOptions options, RepositoryLock held, CancellationToken ct)
    {
        try
        {
            await ThrowIfUnmatchedAsync(session, paths, options, ct);
            var count = await session.Work.RestoreAsync(options, held, ct);
            if (session.Json)
                session.Document(new { restored = count });
            else
                session.Note($"{count} {(count == 1 ? "path" : "paths")} restored");
            return 0;
        }
        catch (TemperException error) when (error.Code is "index_unmerged" or "path_unmatched")
        {
            throw new VersionExit(VersionVerb.Negative, error);
        }
    }

    private static async Task ThrowIfUnmatchedAsync(VersionSession session, List<string> paths, RestoreOptions options, CancellationToken ct)
    {
        var problems = new List<Problem>();
        var filters = paths.Where(path => !path.StartsWith(':')).Select(path => (Path: path, Filter: PathFilter.Of([path])!)).ToList();
        var index = (await session.Repository.Index.LoadAsync(ct)).Select(e => e.Path.ToString()).ToList();
        foreach (var (path, filter) in filters)
        {
            var fits = (!options.FromTree || !options.Overlay) && index.Exists(filter.Matches);
            if (!fits && options.FromTree)
                await foreach (var _ in TreeDiff.CompareAsync(session.Repository.Objects, null, options.Source, filter, ct))
                {
                    fits = true;
                    break;
                }
            if (!fits)
                problems.Add(new("path_unmatched", $"'{path}' fits no file that is known."));
        }
        if (problems.Count > 0)
            throw new TemperException(problems);
    }
}
