using Temper.Core.Ids;
using Temper.Core.Work;

namespace Temper.Core.Registry;

/// <summary>What workers say. A call whose fence is no longer current fails with code <c>lease_lost</c>: stop at once and touch nothing.</summary>
public sealed class WorkClient
{
    private readonly RegistryHttp _http;

    internal WorkClient(RegistryHttp http) => _http = http;

    /// <summary><c>POST /api/v1/work/claim</c>: null when there is nothing to do.</summary>
    public Task<WorkClaim?> ClaimAsync(ClaimRequest request, CancellationToken ct) =>
        _http.SendAsync<ClaimRequest, WorkClaim>(HttpMethod.Post, "api/v1/work/claim", request, ct);

    /// <summary><c>POST /api/v1/work/{id}/heartbeat</c>: keeps the lease.</summary>
    public async Task<HeartbeatReply> HeartbeatAsync(WorkId id, Heartbeat beat, CancellationToken ct) =>
        (await _http.SendAsync<Heartbeat, HeartbeatReply>(HttpMethod.Post, $"api/v1/work/{id}/heartbeat", beat, ct).ConfigureAwait(false))!;

    /// <summary><c>POST /api/v1/work/{id}/report</c>: metrics and log lines; keeps the lease, too.</summary>
    public async Task<HeartbeatReply> ReportAsync(WorkId id, WorkReport report, CancellationToken ct) =>
        (await _http.SendAsync<WorkReport, HeartbeatReply>(HttpMethod.Post, $"api/v1/work/{id}/report", report, ct).ConfigureAwait(false))!;

    /// <summary><c>POST /api/v1/work/{id}/finish</c>: ends the row and publishes what came of it, in one transaction.</summary>
    public async Task<WorkOutcome> FinishAsync(WorkId id, WorkFinish finish, CancellationToken ct) =>
        (await _http.SendAsync<WorkFinish, WorkOutcome>(HttpMethod.Post, $"api/v1/work/{id}/finish", finish, ct).ConfigureAwait(false))!;

    /// <summary><c>POST /api/v1/work/ring</c>: wakes waiting workers.</summary>
    public Task RingAsync(WorkRing ring, CancellationToken ct) =>
        _http.SendAsync<WorkRing, object>(HttpMethod.Post, "api/v1/work/ring", ring, ct);

    /// <summary><c>GET /api/v1/work/ring?kinds=…&amp;wait_seconds=…</c>: waits for a ring; null when none came.</summary>
    public async Task<WorkRing?> WaitAsync(IReadOnlyList<WorkKind> kinds, int waitSeconds, CancellationToken ct)
    {
        using var answer = await _http.SendAsync(
            () => new(HttpMethod.Get, FormattableString.Invariant($"api/v1/work/ring?kinds={string.Join(',', kinds.Select(k => k.ToString().ToLowerInvariant()))}&wait_seconds={waitSeconds}")),
            HttpCompletionOption.ResponseContentRead, ct).ConfigureAwait(false);
        return answer.StatusCode == System.Net.HttpStatusCode.NoContent
            ? null
            : await System.Net.Http.Json.HttpContentJsonExtensions.ReadFromJsonAsync<WorkRing>(answer.Content, Json.Wire.Json, ct).ConfigureAwait(false);
    }
}
