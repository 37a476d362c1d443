using Temper.Core.Datasets;
using Temper.Core.Ids;
using Temper.Core.Work;

namespace Temper.Core.Registry;

/// <summary>Datasets, their versions and what was set aside.</summary>
public sealed class DatasetClient
{
    private readonly RegistryHttp _http;

    internal DatasetClient(RegistryHttp http) => _http = http;

    /// <summary><c>GET /api/v1/datasets</c>.</summary>
    public Task<Page<DatasetInfo>> ListAsync(string? cursor, CancellationToken ct) => _http.GetAsync<Page<DatasetInfo>>($"api/v1/datasets?limit=200{Cursor(cursor)}", ct);

    /// <summary><c>GET /api/v1/datasets/{name}/versions</c>, newest first; null when there is no such dataset.</summary>
    public Task<Page<DatasetVersionInfo>?> VersionsAsync(ResourceName name, string? cursor, CancellationToken ct) =>
        _http.FindAsync<Page<DatasetVersionInfo>>($"api/v1/datasets/{name}/versions?limit=200{Cursor(cursor)}", ct);

    /// <summary><c>GET /api/v1/datasets/{name}/versions/{version}</c>; null when there is none.</summary>
    public Task<DatasetVersionInfo?> FindAsync(ResourceName name, int version, CancellationToken ct) =>
        _http.FindAsync<DatasetVersionInfo>(FormattableString.Invariant($"api/v1/datasets/{name}/versions/{version}"), ct);

    /// <summary><c>GET /api/v1/datasets/{name}/versions/{version}/quarantine</c>: records set aside, in the order of the upload.</summary>
    public Task<Page<QuarantineEntry>> QuarantineAsync(ResourceName name, int version, string? cursor, CancellationToken ct) =>
        _http.GetAsync<Page<QuarantineEntry>>(FormattableString.Invariant($"api/v1/datasets/{name}/versions/{version}/quarantine?limit=500{Cursor(cursor)}"), ct);

    /// <summary><c>PUT /api/v1/datasets/{name}/versions/{version}/build</c>: tells how a version was built.</summary>
    public Task TellBuildAsync(ResourceName name, int version, DatasetBuild build, CancellationToken ct) =>
        _http.SendAsync<DatasetBuild, object>(HttpMethod.Put, FormattableString.Invariant($"api/v1/datasets/{name}/versions/{version}/build"), build, ct);

    /// <summary><c>GET /api/v1/datasets/{name}/versions/{version}/build</c>; null when the version was not built from a configuration.</summary>
    public Task<DatasetBuild?> FindBuildAsync(ResourceName name, int version, CancellationToken ct) =>
        _http.FindAsync<DatasetBuild>(FormattableString.Invariant($"api/v1/datasets/{name}/versions/{version}/build"), ct);

    /// <summary><c>GET /api/v1/datasets/{name}/versions/{version}/quarantine/lines</c>: the quarantined lines as they came, one <see cref="QuarantinedLine"/> a line.</summary>
    public Task<Stream> OpenQuarantinedLinesAsync(ResourceName name, int version, CancellationToken ct) =>
        OpenAsync(FormattableString.Invariant($"api/v1/datasets/{name}/versions/{version}/quarantine/lines"), ct);

    /// <summary><c>GET /api/v1/datasets/{name}/versions/{version}/report</c>; null when the version has none.</summary>
    public async Task<System.Text.Json.JsonElement?> ReportAsync(ResourceName name, int version, CancellationToken ct) =>
        await _http.FindAsync<System.Text.Json.JsonDocument>(FormattableString.Invariant($"api/v1/datasets/{name}/versions/{version}/report"), ct).ConfigureAwait(false) is { } report ? report.RootElement : null;

    /// <summary><c>PUT /api/v1/datasets/{name}/recipe</c>: every sealed version from now on starts this job.</summary>
    public Task BindAsync(ResourceName name, JobRequest recipe, CancellationToken ct) =>
        _http.SendAsync<JobRequest, object>(HttpMethod.Put, $"api/v1/datasets/{name}/recipe", recipe, ct);

    /// <summary><c>GET /api/v1/resolve/dataset?ref=…</c>.</summary>
    /// <exception cref="Errors.TemperException">Code <c>not_found</c>.</exception>
    public Task<DatasetPin> ResolveAsync(string reference, CancellationToken ct) => _http.GetAsync<DatasetPin>($"api/v1/resolve/dataset?ref={Uri.EscapeDataString(reference)}", ct);

    /// <summary><c>GET /api/v1/datasets/{name}/versions/{version}/files/{path}</c>. Not verified here: hash what you read.</summary>
    /// <exception cref="Errors.TemperException">Code <c>not_found</c>.</exception>
    public Task<Stream> OpenFileAsync(ResourceName name, int version, string path, CancellationToken ct) =>
        OpenAsync(FormattableString.Invariant($"api/v1/datasets/{name}/versions/{version}/files/{string.Join('/', path.Split('/').Select(Uri.EscapeDataString))}"), ct);

    /// <summary><c>GET /api/v1/embeddings/{space}</c>: shards of vectors that ingestion has kept.</summary>
    public Task<IReadOnlyList<CacheShard>> EmbeddingShardsAsync(Digest space, CancellationToken ct) => _http.GetAsync<IReadOnlyList<CacheShard>>($"api/v1/embeddings/{space.Hex}", ct);

    /// <summary><c>GET /api/v1/embeddings/{space}/{shard}</c>.</summary>
    public Task<Stream> OpenEmbeddingShardAsync(Digest space, string shard, CancellationToken ct) => OpenAsync($"api/v1/embeddings/{space.Hex}/{Uri.EscapeDataString(shard)}", ct);

    private async Task<Stream> OpenAsync(string path, CancellationToken ct)
    {
        var answer = await _http.SendAsync(() => new HttpRequestMessage(HttpMethod.Get, path), HttpCompletionOption.ResponseHeadersRead, ct).ConfigureAwait(false);
        return await answer.Content.ReadAsStreamAsync(ct).ConfigureAwait(false);
    }

    private static string Cursor(string? cursor) => cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}";
}
