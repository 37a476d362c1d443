using System.Text.Json;
using System.Text.RegularExpressions;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Registry.Events;
using Temper.Registry.Schema;
using Temper.Storage.Sql;

namespace Temper.Registry.Evaluations;

/// <summary>Results of suites, beside the model versions that they are about; never changed, never removed.</summary>
internal sealed partial class EvaluationTable(Db db, Journal journal, TimeProvider clock)
{
    private const int MostMetrics = 200, LargestReport = 8 << 20;
    private const string Columns = "id, model, version, suite, suite_digest, metrics, created_ms";
    private const string NewestFirst = "order by created_ms desc, id desc";
    private const string Newest = $"select metrics from evaluations where model = @model and version = @version and suite = @suite and suite_digest = coalesce(@digest, suite_digest) {NewestFirst} limit 1";
    private const string Insert = $"insert into evaluations ({Columns}, report) values (@Id, @Model, @Version, @Suite, @SuiteDigest, @Metrics, @CreatedMs, @Report) on conflict (id) do nothing";

    /// <summary>Keeps a result; the same id again changes nothing.</summary>
    /// <exception cref="TemperException">Codes <c>evaluation_invalid</c>, <c>not_found</c>.</exception>
    public Task AddAsync(ResourceName model, int version, string id, EvaluationDraft draft, CancellationToken ct)
    {
        Check(id, draft);
        return journal.WriteAsync(async (session, events, token) =>
        {
            if (await session.ScalarAsync<long>("select count(*) from model_versions where name = @model and version = @version", new { model, version = (long)version }, token) == 0)
                throw new TemperException("not_found", $"There is no model {model}:{version} to keep a result of.");
            var row = new Row { Id = id, Model = model, Version = version, Suite = draft.Suite, SuiteDigest = draft.SuiteDigest, Metrics = Column.Json(draft.Metrics)!, Report = Column.Json(draft.Report), CreatedMs = clock.GetUtcNow().ToUnixTimeMilliseconds() };
            if (await session.ExecuteAsync(Insert, row, token) > 0)
                events.Add("model.evaluated", $"model/{model}", new { name = model, version, suite = draft.Suite, evaluation = id, metrics = draft.Metrics }, null);
            return true;
        }, ct);
    }

    /// <summary>Results of a version, newest first, without reports.</summary>
    public async Task<IReadOnlyList<EvaluationInfo>> ListAsync(ResourceName model, int version, CancellationToken ct) =>
        [.. (await db.QueryAsync<Row>($"select {Columns} from evaluations where model = @model and version = @version {NewestFirst}", new { model, version = (long)version }, ct)).Select(row => row.ToInfo())];

    /// <summary>Metrics of the newest result of a suite; null when there is none.</summary>
    /// <param name="session">Where to read.</param>
    /// <param name="model">Whose.</param>
    /// <param name="version">Of the model.</param>
    /// <param name="suite">Name of the suite.</param>
    /// <param name="digest">Of the suite, in hexadecimal; null: whichever has the name.</param>
    /// <param name="ct">Stops waiting.</param>
    public static async Task<IReadOnlyDictionary<string, double>?> NewestAsync(DbSession session, ResourceName model, int version, string suite, string? digest, CancellationToken ct) =>
        Column.Read<Dictionary<string, double>>(await session.ScalarAsync<string?>(Newest, new { model, version = (long)version, suite, digest }, ct));

    /// <summary>One result with its report; null when there is none.</summary>
    public async Task<EvaluationInfo?> FindAsync(string id, CancellationToken ct) =>
        (await db.FindAsync<Row>($"select {Columns}, report from evaluations where id = @id", new { id }, ct))?.ToInfo();

    private static void Check(string id, EvaluationDraft draft)
    {
        if (!Id().IsMatch(id))
            throw new TemperException("evaluation_invalid", $"'{id}' cannot be the id of a result.", "Use 1 to 64 of A-Z, a-z, 0-9 and -.");
        if (draft.Metrics.Count is 0 or > MostMetrics || draft.Metrics.Any(m => !MetricBound.IsMetric(m.Key) || !double.IsFinite(m.Value)))
            throw new TemperException("evaluation_invalid", $"A result has 1 to {MostMetrics} metrics, which are finite numbers under names of a-z, 0-9 and _.");
        if (draft.Report is { } report && report.GetRawText().Length > LargestReport)
            throw new TemperException("evaluation_invalid", $"The report has {report.GetRawText().Length:N0} characters; {LargestReport:N0} are kept.");
    }

    [GeneratedRegex(@"\A[A-Za-z0-9-]{1,64}\z", RegexOptions.NonBacktracking)]
    private static partial Regex Id();

    private sealed record Row
    {
        public string Id { get; init; } = "";
        public ResourceName Model { get; init; }
        public long Version { get; init; }
        public ResourceName Suite { get; init; }
        public Digest SuiteDigest { get; init; }
        public string Metrics { get; init; } = "{}";
        public string? Report { get; init; }
        public long CreatedMs { get; init; }

        public EvaluationInfo ToInfo() => new(Id, Model, (int)Version, Suite, SuiteDigest, Column.Read<SortedDictionary<string, double>>(Metrics)!, CreatedMs, Column.Element(Report));
    }
}
