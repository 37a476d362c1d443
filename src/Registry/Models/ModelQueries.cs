using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.References;
using Temper.Core.Registry;
using Temper.Storage.Sql;

namespace Temper.Registry.Models;

/// <summary>Reads models, their versions and aliases. Safe from any thread.</summary>
public sealed class ModelQueries
{
    private const string OfName = $"select {ModelVersionRow.Columns} from model_versions where name = @name";

    private readonly Db _db;

    internal ModelQueries(Db db) => _db = db;

    /// <summary>Models by name.</summary>
    public async Task<Page<ModelInfo>> ListAsync(string? cursor, int limit, CancellationToken ct)
    {
        limit = Paging.Limit(limit);
        var rows = await _db.QueryAsync<Row>("select name, versions, updated_ms from models where name > @after order by name limit @more", new { after = cursor ?? "", more = limit + 1 }, ct);
        var aliases = (await _db.QueryAsync<AliasRow>("select model, alias, version from aliases where model > @after and model <= @last order by model, alias",
            new { after = cursor ?? "", last = rows.Count == 0 ? "" : rows[^1].Name.ToString() }, ct)).ToLookup(a => a.Model);
        return Paging.Of(rows, limit, row => row.ToInfo(aliases[row.Name]), row => row.Name.ToString());
    }

    /// <summary>Null when there is none.</summary>
    public async Task<ModelInfo?> FindAsync(ResourceName name, CancellationToken ct) =>
        await _db.FindAsync<Row>("select name, versions, updated_ms from models where name = @name", new { name }, ct) is { } row ? row.ToInfo(await AliasesAsync(name, ct)) : null;

    /// <summary>Newest first; null when there is no such model.</summary>
    public async Task<Page<ModelVersionInfo>?> VersionsAsync(ResourceName name, string? cursor, int limit, CancellationToken ct)
    {
        if (await FindAsync(name, ct) is null)
            return null;
        limit = Paging.Limit(limit);
        var rows = await _db.QueryAsync<ModelVersionRow>($"{OfName} and version < @before order by version desc limit @more",
            new { name, before = Paging.Number(cursor, long.MaxValue), more = limit + 1 }, ct);
        var aliases = await AliasesAsync(name, ct);
        return Paging.Of(rows, limit, row => row.ToInfo(On(aliases, row)), row => $"{row.Version}");
    }

    /// <summary>Null when there is none.</summary>
    public async Task<ModelVersionInfo?> FindAsync(ResourceName name, int version, CancellationToken ct) =>
        await InfoAsync(await _db.FindAsync<ModelVersionRow>($"{OfName} and version = @version", new { name, version = (long)version }, ct), ct);

    /// <summary>The version that a job made; null when it made none.</summary>
    public async Task<ModelVersionInfo?> OfJobAsync(WorkId job, CancellationToken ct) =>
        await InfoAsync(await _db.FindAsync<ModelVersionRow>($"select {ModelVersionRow.Columns} from model_versions where job_id = @job", new { job }, ct), ct);

    /// <summary>The version that a reference names.</summary>
    /// <exception cref="TemperException">Codes <c>not_found</c> (naming the nearest that exists), <c>reference_invalid</c>.</exception>
    public async Task<ModelVersionInfo> ResolveAsync(string reference, CancellationToken ct)
    {
        var parsed = Reference.Parse(reference);
        if (parsed is Reference.OfJob made)
            return await OfJobAsync(made.Job, ct) ?? throw new TemperException("not_found", $"The job {made.Job} has made no model.", "It may not have ended yet, or it failed; `temper jobs` tells.");
        var (name, row) = parsed switch
        {
            Reference.ByVersion by => (by.Name, await _db.FindAsync<ModelVersionRow>($"{OfName} and version = @version", new { name = by.Name, version = (long)by.Version }, ct)),
            Reference.ByAlias by => (by.Name, await _db.FindAsync<ModelVersionRow>($"{OfName} and version = (select version from aliases where model = @name and alias = @alias)",
                new { name = by.Name, alias = by.Alias }, ct)),
            // One commit can be a version twice: an import and its copy under another number. The first is meant.
            Reference.ByCommit by => (by.Name, await _db.FindAsync<ModelVersionRow>($"{OfName} and commit_id = @commit order by version limit 1", new { name = by.Name, commit = by.Commit }, ct)),
            _ => throw Missing.Foreign(parsed, "model"),
        };
        return await InfoAsync(row, ct) ?? throw await Missing.OfAsync(_db, "model", name, parsed, ct);
    }

    /// <summary>Moves of all aliases, newest first.</summary>
    public Task<IReadOnlyList<AliasMoved>> AliasHistoryAsync(ResourceName name, int limit, CancellationToken ct) =>
        _db.QueryAsync<AliasMoved>("select alias, from_version as \"from\", to_version as \"to\", at_ms from alias_history where model = @name order by id desc limit @limit",
            new { name, limit = Paging.Limit(limit) }, ct);

    private async Task<ModelVersionInfo?> InfoAsync(ModelVersionRow? row, CancellationToken ct) => row?.ToInfo(On(await AliasesAsync(row.Name, ct), row));

    private Task<IReadOnlyList<AliasRow>> AliasesAsync(ResourceName name, CancellationToken ct) =>
        _db.QueryAsync<AliasRow>("select model, alias, version from aliases where model = @name order by alias", new { name }, ct);

    private static List<string> On(IEnumerable<AliasRow> aliases, ModelVersionRow row) => [.. aliases.Where(a => a.Version == row.Version).Select(a => a.Alias)];

    private sealed record Row
    {
        public ResourceName Name { get; init; }
        public long Versions { get; init; }
        public long UpdatedMs { get; init; }

        public ModelInfo ToInfo(IEnumerable<AliasRow> aliases) =>
            new(Name, (int)Versions, new(aliases.ToDictionary(a => a.Alias, a => (int)a.Version), StringComparer.Ordinal), UpdatedMs);
    }

    private sealed record AliasRow
    {
        public ResourceName Model { get; init; }
        public string Alias { get; init; } = "";
        public long Version { get; init; }
    }
}

/// <summary>One move of an alias.</summary>
public sealed record AliasMoved
{
    /// <summary>Which.</summary>
    public string Alias { get; init; } = "";

    /// <summary>Version it stood on; null: it was new.</summary>
    public long? From { get; init; }

    /// <summary>Version it stands on since.</summary>
    public long To { get; init; }

    /// <summary>Milliseconds since 1970, UTC.</summary>
    public long AtMs { get; init; }
}
