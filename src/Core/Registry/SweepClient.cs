namespace Temper.Core.Registry;

/// <summary>Sweeps: groups of jobs that try settings, with one table.</summary>
public sealed class SweepClient
{
    private readonly RegistryHttp _http;

    internal SweepClient(RegistryHttp http) => _http = http;

    /// <summary><c>POST /api/v1/sweeps</c>: the sweep, its trials and their jobs, all or none. The same request again gives the sweep that is there.</summary>
    public async Task<SweepInfo> CreateAsync(SweepRequest request, CancellationToken ct) =>
        (await _http.SendAsync<SweepRequest, SweepInfo>(HttpMethod.Post, "api/v1/sweeps", request, ct).ConfigureAwait(false))!;

    /// <summary><c>GET /api/v1/sweeps</c>, newest first, without trials.</summary>
    public Task<Page<SweepInfo>> ListAsync(string? cursor, CancellationToken ct) =>
        _http.GetAsync<Page<SweepInfo>>($"api/v1/sweeps?limit=100{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}", ct);

    /// <summary><c>GET /api/v1/sweeps/{id}</c> with the table, by id or name; null when there is none.</summary>
    public Task<SweepInfo?> FindAsync(string id, CancellationToken ct) => _http.FindAsync<SweepInfo>(Path(id), ct);

    /// <summary><c>POST /api/v1/sweeps/{id}/cancel</c>: trials that wait end at once, running ones at their next safe point.</summary>
    public Task<SweepInfo> CancelAsync(string id, CancellationToken ct) => AskAsync(id, "cancel", ct);

    /// <summary><c>POST /api/v1/sweeps/{id}/pause</c>: trials that wait are set aside at once, running ones at their next safe point.</summary>
    public Task<SweepInfo> PauseAsync(string id, CancellationToken ct) => AskAsync(id, "pause", ct);

    /// <summary><c>POST /api/v1/sweeps/{id}/resume</c>: its trials go on where they stood.</summary>
    public Task<SweepInfo> ResumeAsync(string id, CancellationToken ct) => AskAsync(id, "resume", ct);

    private async Task<SweepInfo> AskAsync(string id, string what, CancellationToken ct) =>
        (await _http.SendAsync<object, SweepInfo>(HttpMethod.Post, $"{Path(id)}/{what}", new { }, ct).ConfigureAwait(false))!;

    private static string Path(string id) => $"api/v1/sweeps/{Uri.EscapeDataString(id)}";
}
