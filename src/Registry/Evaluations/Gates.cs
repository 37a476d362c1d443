using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.References;
using Temper.Core.Registry;
using Temper.Registry.Schema;
using Temper.Storage.Sql;

namespace Temper.Registry.Evaluations;

/// <summary>What a version must have reached before an alias may stand on it. Asked in the transaction that moves the alias.</summary>
internal sealed class Gates(Db db, TimeProvider clock)
{
    private const int Most = 50;
    private const string OfAlias = "select suite, metric, at_least, at_most from alias_gates where model = @model and alias = @alias order by suite, metric";

    /// <summary>In order of suite and metric.</summary>
    public async Task<IReadOnlyList<AliasGate>> ListAsync(ResourceName model, string alias, CancellationToken ct) =>
        [.. (await db.QueryAsync<Row>(OfAlias, new { model, alias }, ct)).Select(row => row.ToGate())];

    /// <summary>Exactly these from now on. An alias that stands somewhere stays there.</summary>
    /// <exception cref="TemperException">Codes <c>gate_invalid</c>, <c>alias_invalid</c>, <c>not_found</c>.</exception>
    public Task SetAsync(ResourceName model, string alias, IReadOnlyList<AliasGate> gates, CancellationToken ct)
    {
        if (!AliasName.IsValid(alias) || alias == "latest")
            throw new TemperException("alias_invalid", $"'{alias}' has no gates: it breaks the spelling rule, or the registry moves it.");
        if (gates.Count > Most || gates.Any(g => !MetricBound.IsMetric(g.Metric) || (g.AtLeast is null && g.AtMost is null) || g.AtLeast > g.AtMost))
            throw new TemperException("gate_invalid", $"A gate names a metric and the least or the largest value; an alias has at most {Most} gates.");
        if (gates.GroupBy(g => (g.Suite, g.Metric)).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new TemperException("gate_invalid", $"Two gates are about {twice.Key.Suite}:{twice.Key.Metric}.", "Write one with both bounds.");
        return db.InTransactionAsync(async (session, token) =>
        {
            if (await session.ScalarAsync<long>("select count(*) from models where name = @model", new { model }, token) == 0)
                throw new TemperException("not_found", $"There is no model {model}.");
            await session.ExecuteAsync("delete from alias_gates where model = @model and alias = @alias", new { model, alias }, token);
            foreach (var gate in gates)
                await session.ExecuteAsync("insert into alias_gates (model, alias, suite, metric, at_least, at_most, created_ms) values (@model, @alias, @Suite, @Metric, @AtLeast, @AtMost, @now)",
                    new { model, alias, gate.Suite, gate.Metric, gate.AtLeast, gate.AtMost, now = clock.GetUtcNow().ToUnixTimeMilliseconds() }, token);
            return true;
        }, ct);
    }

    /// <summary>Whether the version may carry the alias.</summary>
    /// <exception cref="TemperException">Code <c>gate_failed</c>: every gate that it does not pass, with what was found.</exception>
    public async Task CheckAsync(DbSession session, ResourceName model, string alias, int version, CancellationToken ct)
    {
        var problems = new List<Problem>();
        foreach (var gate in (await session.QueryAsync<Row>(OfAlias, new { model, alias }, ct)).Select(row => row.ToGate()))
        {
            var metrics = await EvaluationTable.NewestAsync(session, model, version, gate.Suite.ToString(), null, ct);
            var found = metrics is null ? "the suite was never run on it" : metrics.TryGetValue(gate.Metric, out var value) ? FormattableString.Invariant($"it has {value}") : $"the suite did not measure {gate.Metric}";
            if (metrics is null || !metrics.TryGetValue(gate.Metric, out value) || !gate.Passes(value))
                problems.Add(new("gate_failed", $"{model}@{alias} asks for {gate}, and of {model}:{version} {found}.") { Hint = $"Run `temper eval {model}:{version} SUITE` with the suite '{gate.Suite}', or change the gates with `temper gate`." });
        }
        if (problems.Count > 0)
            throw new TemperException(problems);
    }

    private sealed record Row
    {
        public ResourceName Suite { get; init; }
        public string Metric { get; init; } = "";
        public double? AtLeast { get; init; }
        public double? AtMost { get; init; }

        public AliasGate ToGate() => new(Suite, Metric, AtLeast, AtMost);
    }
}
