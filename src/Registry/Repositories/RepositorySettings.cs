using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Storage.Sql;
using Temper.Versioning.Content;
using Temper.Versioning.Safety;
using Temper.Versioning.Signing;
using Temper.Versioning.Sync;

namespace Temper.Registry.Repositories;

/// <summary>What each repository takes, by the names that a local repository's settings have: formats, and references that ask for signatures.</summary>
internal sealed class RepositorySettings(Db db)
{
    private const string Formats = "safety.formats", Unsafe = "safety.allowUnsafeFormats", Signed = "security.requireSigned";
    private const int Most = 100, Longest = 1_000;

    /// <summary>All settings of a repository, by name.</summary>
    public async Task<IReadOnlyList<RepositorySetting>> ListAsync(string repo, CancellationToken ct) =>
        [.. (await db.QueryAsync<Row>("select name, value from repo_settings where repo_id = @repo order by name, n", new { repo }, ct))
            .GroupBy(row => row.Name, StringComparer.Ordinal).Select(g => new RepositorySetting(g.Key, [.. g.Select(row => row.Value)]))];

    /// <summary>Replaces the values of a setting; none removes it.</summary>
    /// <exception cref="TemperException">Codes <c>settings_invalid</c>, <c>key_invalid</c>.</exception>
    public Task<RepositorySetting> SetAsync(string repo, RepositorySetting setting, CancellationToken ct)
    {
        Check(setting);
        return db.InTransactionAsync(async (session, token) =>
        {
            await session.ExecuteAsync("delete from repo_settings where repo_id = @repo and name = @name", new { repo, name = setting.Name }, token);
            await session.InsertAsync("repo_settings", ["repo_id", "name", "n", "value"], [.. setting.Values.Select((v, n) => new object?[] { repo, setting.Name, (long)n, v })], token);
            return setting;
        }, ct);
    }

    /// <summary>The rules by which references of a repository move.</summary>
    public async Task<RefRules> RulesAsync(string repo, ContentStore content, IReadOnlyDictionary<string, Digest> refs, CancellationToken ct)
    {
        var all = await ListAsync(repo, ct);
        return new(content, refs, [])
        {
            Policy = new(FormatRules.From(name => name == Formats ? string.Join(',', Of(all, name)) : Of(all, name) is [.., var last] ? last : null)),
            Signed = Of(all, Signed),
            Trusted = TrustedKeys.From(all.SelectMany(s => s.Values.Select(v => KeyValuePair.Create(s.Name, v)))),
        };
    }

    private static IReadOnlyList<string> Of(IReadOnlyList<RepositorySetting> all, string name) => all.FirstOrDefault(s => s.Name == name)?.Values ?? [];

    private static void Check(RepositorySetting setting)
    {
        var isKey = setting.Name.StartsWith("trust.", StringComparison.Ordinal) && setting.Name.EndsWith(".key", StringComparison.Ordinal) && setting.Name.Length > 10;
        if (!isKey && setting.Name is not (Formats or Unsafe or Signed))
            throw new TemperException("settings_invalid", $"'{(setting.Name.Length > 80 ? setting.Name[..80] : setting.Name)}' is no setting of a repository on a server.",
                $"There are {Formats}, {Unsafe}, {Signed} and trust.NAME.key.");
        if (setting.Values.Count > Most || setting.Values.Any(v => v.Length > Longest) || setting.Name.Length > Longest)
            throw new TemperException("settings_invalid", $"A setting has at most {Most} values of at most {Longest} characters.");
        if (setting.Name == Unsafe && setting.Values.Any(v => v is not ("true" or "false")))
            throw new TemperException("settings_invalid", $"{Unsafe} is either true or false.");
        foreach (var key in isKey ? setting.Values : [])
            _ = PublicKey.Parse(key);
    }

    private sealed record Row
    {
        public string Name { get; init; } = "";
        public string Value { get; init; } = "";
    }
}
