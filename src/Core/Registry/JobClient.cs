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
    public Task<JobInfo> CancelAsync(WorkId id, CancellationToken ct) => AskAsync(id, "cancel", ct);

    /// <summary><c>POST /api/v1/jobs/{id}/pause</c>: a waiting job is set aside at once, a running one at its next safe point, with a checkpoint.</summary>
    public Task<JobInfo> PauseAsync(WorkId id, CancellationToken ct) => AskAsync(id, "pause", ct);

    /// <summary><c>POST /api/v1/jobs/{id}/resume</c>: puts a paused job back, or takes the wish to pause back.</summary>
    public Task<JobInfo> ResumeAsync(WorkId id, CancellationToken ct) => AskAsync(id, "resume", ct);

    /// <summary><c>POST /api/v1/jobs/{id}/retry</c>: a new job on the very same inputs as one that failed or was cancelled.</summary>
    public Task<JobInfo> RetryAsync(WorkId id, CancellationToken ct) => AskAsync(id, "retry", ct);

    /// <summary><c>PUT /api/v1/jobs/{id}/priority</c>.</summary>
    public async Task<JobInfo> PrioritiseAsync(WorkId id, int priority, CancellationToken ct) =>
        (await _http.SendAsync<JobPriority, JobInfo>(HttpMethod.Put, $"api/v1/jobs/{id}/priority", new(priority), ct).ConfigureAwait(false))!;

    private async Task<JobInfo> AskAsync(WorkId id, string what, CancellationToken ct) =>
        (await _http.SendAsync<object, JobInfo>(HttpMethod.Post, $"api/v1/jobs/{id}/{what}", new { }, ct).ConfigureAwait(false))!;
}
