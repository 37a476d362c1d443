using System.IO.Compression;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;

namespace Temper.Core.Registry;

/// <summary>Repositories of a server: their references, and what goes between them and clones.</summary>
public sealed class RepositoryClient
{
    private const string Root = "api/v1/repos";

    private readonly RegistryHttp _http;

    internal RepositoryClient(RegistryHttp http) => _http = http;

    /// <summary><c>GET /api/v1/repos</c>.</summary>
    public Task<Page<RepositoryInfo>> ListAsync(string? cursor, CancellationToken ct) =>
        _http.GetAsync<Page<RepositoryInfo>>($"{Root}?limit=200{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}", ct);

    /// <summary><c>POST /api/v1/repos</c>.</summary>
    /// <exception cref="TemperException">Code <c>repository_exists</c>.</exception>
    public async Task<RepositoryInfo> CreateAsync(RepositoryRequest request, CancellationToken ct) =>
        (await _http.SendAsync<RepositoryRequest, RepositoryInfo>(HttpMethod.Post, Root, request, ct).ConfigureAwait(false))!;

    /// <summary><c>GET /api/v1/repos/{ns}/{name}</c>; null when there is none.</summary>
    public Task<RepositoryInfo?> FindAsync(RepositoryName repo, CancellationToken ct) => _http.FindAsync<RepositoryInfo>($"{Root}/{repo}", ct);

    /// <summary><c>DELETE /api/v1/repos/{ns}/{name}</c>.</summary>
    public async Task DeleteAsync(RepositoryName repo, CancellationToken ct) =>
        (await _http.SendAsync(() => new(HttpMethod.Delete, $"{Root}/{repo}"), HttpCompletionOption.ResponseContentRead, ct).ConfigureAwait(false)).Dispose();

    /// <summary><c>POST /api/v1/admin/gc</c>: removes packs that no repository and no version needs.</summary>
    public async Task<PackCollectionReport> CollectAsync(PackCollectionRequest request, CancellationToken ct) =>
        (await _http.SendAsync<PackCollectionRequest, PackCollectionReport>(HttpMethod.Post, "api/v1/admin/gc", request, ct).ConfigureAwait(false))!;

    /// <summary><c>GET …/settings</c>: by name.</summary>
    public Task<IReadOnlyList<RepositorySetting>> SettingsAsync(RepositoryName repo, CancellationToken ct) => _http.GetAsync<IReadOnlyList<RepositorySetting>>($"{Root}/{repo}/settings", ct);

    /// <summary><c>PUT …/settings</c>: replaces the values of one setting; none removes it.</summary>
    /// <exception cref="TemperException">Codes <c>settings_invalid</c>, <c>key_invalid</c>.</exception>
    public async Task<RepositorySetting> SetAsync(RepositoryName repo, RepositorySetting setting, CancellationToken ct) =>
        (await _http.SendAsync<RepositorySetting, RepositorySetting>(HttpMethod.Put, $"{Root}/{repo}/settings", setting, ct).ConfigureAwait(false))!;

    /// <summary><c>GET …/refs?prefix=</c>: by name.</summary>
    public Task<IReadOnlyList<RefInfo>> RefsAsync(RepositoryName repo, string prefix, CancellationToken ct) =>
        _http.GetAsync<IReadOnlyList<RefInfo>>($"{Root}/{repo}/refs?prefix={Uri.EscapeDataString(prefix)}", ct);

    /// <summary><c>POST …/refs:update</c>.</summary>
    /// <exception cref="TemperException">Codes <c>stale_ref</c>, <c>non_fast_forward</c>, <c>missing_objects</c> when nothing moved.</exception>
    public async Task<RefOutcomes> UpdateRefsAsync(RepositoryName repo, RefMoves moves, CancellationToken ct) =>
        (await _http.SendAsync<RefMoves, RefOutcomes>(HttpMethod.Post, $"{Root}/{repo}/refs:update", moves, ct).ConfigureAwait(false))!;

    /// <summary><c>POST …/objects:missing</c>: at most 10,000 ids.</summary>
    public async Task<MissingObjects> MissingAsync(RepositoryName repo, ObjectIdList ids, CancellationToken ct) =>
        (await _http.SendAsync<ObjectIdList, MissingObjects>(HttpMethod.Post, $"{Root}/{repo}/objects:missing", ids, ct).ConfigureAwait(false))!;

    /// <summary><c>POST …/objects:locate</c>: at most 10,000 ids.</summary>
    public async Task<ObjectPlaces> LocateAsync(RepositoryName repo, ObjectIdList ids, CancellationToken ct) =>
        (await _http.SendAsync<ObjectIdList, ObjectPlaces>(HttpMethod.Post, $"{Root}/{repo}/objects:locate", ids, ct).ConfigureAwait(false))!;

    /// <summary><c>POST …/uploads</c>.</summary>
    public async Task<PackProgress> OpenUploadAsync(RepositoryName repo, PackRequest pack, CancellationToken ct) =>
        (await _http.SendAsync<PackRequest, PackProgress>(HttpMethod.Post, $"{Root}/{repo}/uploads", pack, ct).ConfigureAwait(false))!;

    /// <summary><c>GET …/uploads/{id}</c>: how far the pack has arrived.</summary>
    public Task<PackProgress> UploadAsync(RepositoryName repo, string id, CancellationToken ct) => _http.GetAsync<PackProgress>($"{Root}/{repo}/uploads/{id}", ct);

    /// <summary>
    /// <c>PUT …/uploads/{id}?offset=N</c>, once: when the connection breaks, the server may hold a part of the piece, so ask how far it is before
    /// sending more.
    /// </summary>
    /// <exception cref="TemperException">Codes <c>server_unreachable</c>, <c>upload_offset</c>.</exception>
    public async Task<PackProgress> SendAsync(RepositoryName repo, string id, long offset, Stream piece, CancellationToken ct)
    {
        using var answer = await _http.SendAsync(() =>
        {
            var content = new StreamContent(piece);
            (content.Headers.ContentType, content.Headers.ContentLength) = (new MediaTypeHeaderValue("application/octet-stream"), piece.Length);
            return new(HttpMethod.Put, FormattableString.Invariant($"{Root}/{repo}/uploads/{id}?offset={offset}")) { Content = content, Headers = { ExpectContinue = true } };
        }, HttpCompletionOption.ResponseContentRead, ct, once: true).ConfigureAwait(false);
        return (await answer.Content.ReadFromJsonAsync<PackProgress>(Wire.Json, ct).ConfigureAwait(false))!;
    }

    /// <summary><c>POST …/uploads/{id}:complete</c>: the pack is looked through and becomes part of the repository.</summary>
    /// <exception cref="TemperException">Codes <c>corrupt_upload</c>, <c>upload_incomplete</c>, <c>missing_objects</c>.</exception>
    public async Task<PackProgress> CompleteAsync(RepositoryName repo, string id, CancellationToken ct) =>
        (await _http.SendAsync<object, PackProgress>(HttpMethod.Post, $"{Root}/{repo}/uploads/{id}:complete", new { }, ct).ConfigureAwait(false))!;

    /// <summary><c>GET …/packs/{id}</c>: some bytes of a pack. Not verified here.</summary>
    public async Task<Stream> OpenPackAsync(RepositoryName repo, Digest pack, long offset, long length, CancellationToken ct)
    {
        var answer = await _http.SendAsync(() => new(HttpMethod.Get, $"{Root}/{repo}/packs/{pack}") { Headers = { Range = new RangeHeaderValue(offset, offset + length - 1) } },
            HttpCompletionOption.ResponseHeadersRead, ct).ConfigureAwait(false);
        return await answer.Content.ReadAsStreamAsync(ct).ConfigureAwait(false);
    }

    /// <summary><c>POST …/negotiate</c>: the lines as they come, the last one of kind <c>end</c>.</summary>
    /// <exception cref="IOException">The connection broke; ask again with <c>Skip</c>.</exception>
    public async IAsyncEnumerable<NegotiateLine> NegotiateAsync(RepositoryName repo, NegotiateRequest request, [EnumeratorCancellation] CancellationToken ct)
    {
        using var answer = await _http.SendAsync(() => new(HttpMethod.Post, $"{Root}/{repo}/negotiate")
        {
            Content = JsonContent.Create(request, options: Wire.Json),
            Headers = { AcceptEncoding = { new StringWithQualityHeaderValue("gzip") } },
        }, HttpCompletionOption.ResponseHeadersRead, ct).ConfigureAwait(false);
        var stream = await answer.Content.ReadAsStreamAsync(ct).ConfigureAwait(false);
        await using var plain = answer.Content.Headers.ContentEncoding.Contains("gzip") ? new GZipStream(stream, CompressionMode.Decompress) : stream;
        using var reader = new StreamReader(plain);
        while (await reader.ReadLineAsync(ct).ConfigureAwait(false) is { } line)
            yield return Read(line);
    }

    /// <summary>A line that a broken connection cut is no JSON any more.</summary>
    private static NegotiateLine Read(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<NegotiateLine>(line, Wire.Json) ?? throw new IOException("A line of the answer holds nothing.");
        }
        catch (JsonException error)
        {
            throw new IOException("The answer ends inside a line.", error);
        }
    }
}
