using Temper.Core.Ids;
using Temper.Storage.Sql;
using Temper.Versioning.Care;
using Temper.Versioning.Content;

namespace Temper.Registry.Repositories;

/// <summary>
/// Finds what must not go: everything behind references of repositories and where they stood in the last 90 days, behind versions of models and
/// datasets, and what leases keep.
/// </summary>
internal sealed class PackMarks(Db db, ContentStore content, TimeProvider clock)
{
    private static readonly TimeSpan LogHolds = TimeSpan.FromDays(90);

    private const string Roots = """
        select distinct target from repo_refs
        union select target from refs
        union select commit_id from model_versions
        union select commit_id from dataset_versions where commit_id is not null
        """;

    private const string Log = """
        select old_target from repo_reflog where at_ms >= @since and old_target is not null
        union select new_target from repo_reflog where at_ms >= @since and new_target is not null
        """;

    private readonly record struct Lease
    {
        public Digest Id { get; init; }
        public long IsFile { get; init; }
    }

    /// <summary>Marks; what is marked already is not walked again, so that a second call costs what has changed.</summary>
    /// <returns>What is needed and missing.</returns>
    public async Task<IReadOnlyList<string>> MarkAsync(Marking marking, HashSet<Digest> kept, CancellationToken ct)
    {
        foreach (var root in await db.QueryAsync<Digest>(Roots, null, ct))
            await marking.FollowAsync(root, "a reference", ct);
        var broken = marking.Broken.Select(b => $"{b.Id} ({b.NamedBy})").ToList();
        // Where references stood: what is gone already is gone.
        var past = new Marking(content);
        foreach (var moved in await db.QueryAsync<Digest>(Log, new { since = (clock.GetUtcNow() - LogHolds).ToUnixTimeMilliseconds() }, ct))
            if (!marking.Live.Contains(moved) && await content.FindKindAsync(moved, ct) is { } kind)
                await past.FollowAsync(kind, moved, "log", ct);
        kept.UnionWith(past.Live);
        foreach (var lease in await db.QueryAsync<Lease>("""
            select distinct o.object_id as id, case when f.id is null then 0 else 1 end as is_file from lease_objects o left join files f on f.id = o.object_id
            """, null, ct))
        {
            kept.Add(lease.Id);
            if (lease.IsFile == 1 && await content.FindRecipeAsync(lease.Id, ct) is { } recipe)
                kept.UnionWith(recipe.Chunks.Select(c => c.Id));
        }
        return broken;
    }
}
