using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Registry.Events;
using Temper.Registry.Schema;
using Temper.Storage.Sql;
using Temper.Versioning.Repositories;

namespace Temper.Registry.Repositories;

/// <summary>A row of <c>repos</c>.</summary>
internal sealed record RepositoryRow
{
    public const string Columns = "id, ns, name, kind, default_branch, created_ms";

    public string Id { get; init; } = "";
    public ResourceName Ns { get; init; }
    public ResourceName Name { get; init; }
    public RepositoryKind Kind { get; init; }
    public string DefaultBranch { get; init; } = "";
    public long CreatedMs { get; init; }

    public RepositoryInfo Info => new(Ns, Name, Kind, DefaultBranch, CreatedMs);

    public string Subject => $"repo/{Ns}/{Name}";
}

/// <summary>Which repositories there are.</summary>
internal sealed class RepositoryTable(Db db, Journal journal, TimeProvider clock)
{
    private const string Insert = """
        insert into repos (id, ns, name, kind, default_branch, created_ms) values (@id, @ns, @name, @kind, @branch, @now) on conflict (ns, name) do nothing
        """;

    /// <exception cref="TemperException">Codes <c>repository_exists</c>, <c>ref_invalid</c>.</exception>
    public async Task<RepositoryInfo> CreateAsync(RepositoryRequest request, CancellationToken ct)
    {
        var branch = request.DefaultBranch ?? "main";
        _ = RefName.Branch(branch);
        var row = new { id = Ulid.New(clock), ns = request.Ns, name = request.Name, kind = Column.Word(request.Kind ?? RepositoryKind.Mixed), branch, now = clock.GetUtcNow().ToUnixTimeMilliseconds() };
        return await journal.WriteAsync(async (session, events, token) =>
        {
            if (await session.ExecuteAsync(Insert, row, token) == 0)
                throw new TemperException("repository_exists", $"There is a repository {request.Ns}/{request.Name} already.");
            events.Add("repo.created", $"repo/{request.Ns}/{request.Name}", new { ns = request.Ns, name = request.Name }, null);
            return new RepositoryInfo(request.Ns, request.Name, request.Kind ?? RepositoryKind.Mixed, branch, row.now);
        }, ct);
    }

    /// <summary>By owner and name; the cursor is that of the last one.</summary>
    public async Task<Page<RepositoryInfo>> ListAsync(string? cursor, int limit, CancellationToken ct)
    {
        limit = Paging.Limit(limit);
        var after = (cursor ?? "/").Split('/');
        if (after.Length != 2)
            throw Paging.Invalid(cursor!);
        var rows = await db.QueryAsync<RepositoryRow>($"""
            select {RepositoryRow.Columns} from repos where ns > @ns or (ns = @ns and name > @name) order by ns, name limit @more
            """, new { ns = after[0], name = after[1], more = limit + 1 }, ct);
        return Paging.Of(rows, limit, row => row.Info, row => $"{row.Ns}/{row.Name}");
    }

    /// <exception cref="TemperException">Code <c>not_found</c>.</exception>
    public async Task<RepositoryRow> GetAsync(string ns, string name, CancellationToken ct) =>
        await db.FindAsync<RepositoryRow>($"select {RepositoryRow.Columns} from repos where ns = @ns and name = @name", new { ns, name }, ct)
            ?? throw new TemperException("not_found", $"There is no repository {Shown(ns)}/{Shown(name)}.", "POST /api/v1/repos makes one; `temper push` does so by itself with --create.");

    /// <summary>Forgets the repository and its references; objects that nothing needs any more go with the next collection.</summary>
    /// <exception cref="TemperException">Code <c>not_found</c>.</exception>
    public async Task DeleteAsync(string ns, string name, CancellationToken ct)
    {
        var row = await GetAsync(ns, name, ct);
        await journal.WriteAsync(async (session, events, token) =>
        {
            foreach (var table in (string[])["repo_refs", "repo_reflog", "repo_settings"])
                await session.ExecuteAsync($"delete from {table} where repo_id = @id", new { id = row.Id }, token);
            var removed = await session.ExecuteAsync("delete from repos where id = @id", new { id = row.Id }, token);
            if (removed == 1)
                events.Add("repo.deleted", row.Subject, new { ns = row.Ns, name = row.Name }, null);
            return removed;
        }, ct);
    }

    private static string Shown(string text) => text.Length > 60 ? text[..60] : text;
}
