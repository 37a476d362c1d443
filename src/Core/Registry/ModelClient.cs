using System.Net.Http.Headers;
using Temper.Core.Ids;
using Temper.Core.Work;

namespace Temper.Core.Registry;

/// <summary>Models, their versions, files and aliases.</summary>
public sealed class ModelClient
{
    private readonly RegistryHttp _http;

    internal ModelClient(RegistryHttp http) => _http = http;

    /// <summary><c>GET /api/v1/models</c>.</summary>
    public Task<Page<ModelInfo>> ListAsync(string? cursor, CancellationToken ct) =>
        _http.GetAsync<Page<ModelInfo>>($"api/v1/models?limit=200{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}", ct);

    /// <summary><c>GET /api/v1/models/{name}/versions</c>, newest first; null when there is no such model.</summary>
    public Task<Page<ModelVersionInfo>?> VersionsAsync(ResourceName name, CancellationToken ct) => _http.FindAsync<Page<ModelVersionInfo>>($"api/v1/models/{name}/versions?limit=200", ct);

    /// <summary><c>GET /api/v1/models/{name}/versions/{version}</c>; null when there is none.</summary>
    public Task<ModelVersionInfo?> FindAsync(ResourceName name, int version, CancellationToken ct) =>
        _http.FindAsync<ModelVersionInfo>(FormattableString.Invariant($"api/v1/models/{name}/versions/{version}"), ct);

    /// <summary><c>GET /api/v1/resolve/model?ref=…</c>.</summary>
    /// <exception cref="Errors.TemperException">Code <c>not_found</c>.</exception>
    public Task<ModelVersionInfo> ResolveAsync(string reference, CancellationToken ct) => _http.GetAsync<ModelVersionInfo>($"api/v1/resolve/model?ref={Uri.EscapeDataString(reference)}", ct);

    /// <summary><c>GET /api/v1/models/{name}/versions/{version}/files/{path}</c> from <paramref name="offset"/> on. Not verified here: hash what you read.</summary>
    public Task<Stream> OpenFileAsync(ResourceName name, int version, string path, long offset, CancellationToken ct) =>
        OpenAsync(FormattableString.Invariant($"api/v1/models/{name}/versions/{version}/files/"), path, offset, ct);

    /// <summary>A file of what is pinned, a version's or a checkpoint's (<c>GET /api/v1/jobs/{id}/checkpoints/{step}/files/{path}</c>). Not verified here.</summary>
    public Task<Stream> OpenFileAsync(ModelPin model, string path, long offset, CancellationToken ct) => model.Checkpoint is { } checkpoint
        ? OpenAsync(FormattableString.Invariant($"api/v1/jobs/{checkpoint.Job}/checkpoints/{checkpoint.Step}/files/"), path, offset, ct)
        : OpenFileAsync(model.Name, model.Version, path, offset, ct);

    private async Task<Stream> OpenAsync(string folder, string path, long offset, CancellationToken ct)
    {
        var escaped = string.Join('/', path.Split('/').Select(Uri.EscapeDataString));
        var answer = await _http.SendAsync(() =>
        {
            var request = new HttpRequestMessage(HttpMethod.Get, folder + escaped);
            if (offset > 0)
                request.Headers.Range = new RangeHeaderValue(offset, null);
            return request;
        }, HttpCompletionOption.ResponseHeadersRead, ct).ConfigureAwait(false);
        return await answer.Content.ReadAsStreamAsync(ct).ConfigureAwait(false);
    }

    /// <summary><c>PUT /api/v1/models/{name}/aliases/{alias}</c>: compare and swap; code <c>alias_moved</c> when it stands elsewhere.</summary>
    public Task MoveAliasAsync(ResourceName name, string alias, AliasMove move, CancellationToken ct) =>
        _http.SendAsync<AliasMove, object>(HttpMethod.Put, $"api/v1/models/{name}/aliases/{Uri.EscapeDataString(alias)}", move, ct);

    /// <summary><c>PUT /api/v1/models/{name}/versions/{version}/evaluations/{id}</c>: the same again changes nothing.</summary>
    public Task AddEvaluationAsync(ResourceName name, int version, string id, EvaluationDraft draft, CancellationToken ct) =>
        _http.SendAsync<EvaluationDraft, object>(HttpMethod.Put, FormattableString.Invariant($"api/v1/models/{name}/versions/{version}/evaluations/{id}"), draft, ct);

    /// <summary><c>GET /api/v1/models/{name}/versions/{version}/evaluations</c>, newest first, without reports.</summary>
    public Task<IReadOnlyList<EvaluationInfo>> EvaluationsAsync(ResourceName name, int version, CancellationToken ct) =>
        _http.GetAsync<IReadOnlyList<EvaluationInfo>>(FormattableString.Invariant($"api/v1/models/{name}/versions/{version}/evaluations"), ct);

    /// <summary><c>GET /api/v1/models/{name}/gates/{alias}</c>.</summary>
    public Task<IReadOnlyList<AliasGate>> GatesAsync(ResourceName name, string alias, CancellationToken ct) =>
        _http.GetAsync<IReadOnlyList<AliasGate>>($"api/v1/models/{name}/gates/{Uri.EscapeDataString(alias)}", ct);

    /// <summary><c>PUT /api/v1/models/{name}/gates/{alias}</c>: exactly these gates from now on.</summary>
    public Task SetGatesAsync(ResourceName name, string alias, IReadOnlyList<AliasGate> gates, CancellationToken ct) =>
        _http.SendAsync<IReadOnlyList<AliasGate>, object>(HttpMethod.Put, $"api/v1/models/{name}/gates/{Uri.EscapeDataString(alias)}", gates, ct);
}
