using Temper.Core.Ids;
using Temper.Core.Work;

namespace Temper.Core.Registry;

/// <summary>Jobs (rows of work of any kind) as people start, follow and stop them.</summary>
public sealed class JobClient
{
    private readonly RegistryHttp _http;

    internal JobClient(RegistryHttp http) => _http = http;

    /// <summary><c>POST /api/v1/jobs</c>: pins base and dataset, queues a train row.</summary>
    public async Task<JobInfo> CreateAsync(JobRequest request, CancellationToken ct) =>
        (await _http.SendAsync<JobRequest, JobInfo>(HttpMethod.Post, "api/v1/jobs", request, ct).ConfigureAwait(false))!;

    /// <summary><c>GET /api/v1/jobs?kind=…</c>, newest first.</summary>
    public Task<Page<JobInfo>> ListAsync(WorkKind? kind, string? cursor, CancellationToken ct) =>
        _http.GetAsync<Page<JobInfo>>($"api/v1/jobs?limit=100{(kind is { } k ? $"&kind={k.ToString().ToLowerInvariant()}" : "")}{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}", ct);

    /// <summary><c>GET /api/v1/jobs/{id}</c>; null when there is none.</summary>
    public Task<JobInfo?> FindAsync(WorkId id, CancellationToken ct) => _http.FindAsync<JobInfo>($"api/v1/jobs/{id}", ct);

    /// <summary><c>GET /api/v1/jobs/{id}/metrics?after=STEP</c>: points after that step, in order of steps.</summary>
    public Task<Page<StepMetrics>> MetricsAsync(WorkId id, int afterStep, CancellationToken ct) =>
        _http.GetAsync<Page<StepMetrics>>(FormattableString.Invariant($"api/v1/jobs/{id}/metrics?after={afterStep}&limit=5000"), ct);

    /// <summary><c>GET /api/v1/jobs/{id}/log?after=SEQ</c>.</summary>
    public Task<Page<JobLogLine>> LogAsync(WorkId id, long afterSeq, CancellationToken ct) =>
        _http.GetAsync<Page<JobLogLine>>(FormattableString.Invariant($"api/v1/jobs/{id}/log?after={afterSeq}&limit=1000"), ct);

    /// <summary><c>POST /api/v1/jobs/{id}/cancel</c>: a queued row ends at once, a running one at its next safe point.</summary>
    public async Task<JobInfo> CancelAsync(WorkId id, CancellationToken ct) =>
        (await _http.SendAsync<object, JobInfo>(HttpMethod.Post, $"api/v1/jobs/{id}/cancel", new { }, ct).ConfigureAwait(false))!;
}
