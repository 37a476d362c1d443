using System.Net.Http.Headers;
using Temper.Core.Ids;

namespace Temper.Core.Registry;

/// <summary>Sends files in pieces that survive restarts of both sides.</summary>
public sealed class UploadClient
{
    private readonly RegistryHttp _http;

    internal UploadClient(RegistryHttp http) => _http = http;

    /// <summary><c>POST /api/v1/uploads</c>: opens an upload or finds the unfinished one of the same files.</summary>
    public async Task<UploadSession> OpenAsync(UploadRequest request, CancellationToken ct) =>
        (await _http.SendAsync<UploadRequest, UploadSession>(HttpMethod.Post, "api/v1/uploads", request, ct).ConfigureAwait(false))!;

    /// <summary><c>GET /api/v1/uploads/{id}</c>: how much has arrived.</summary>
    public Task<UploadSession> GetAsync(string id, CancellationToken ct) => _http.GetAsync<UploadSession>($"api/v1/uploads/{id}", ct);

    /// <summary>
    /// <c>PUT /api/v1/uploads/{id}/files/{index}?offset=N</c>: one piece. The answer says how much the server holds; a piece whose offset is
    /// not the received count is refused with <c>upload_offset</c>.
    /// </summary>
    public async Task<UploadProgress> SendAsync(string id, int index, long offset, ReadOnlyMemory<byte> piece, CancellationToken ct)
    {
        using var answer = await _http.SendAsync(() =>
        {
            var content = new ReadOnlyMemoryContent(piece);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            return new(HttpMethod.Put, FormattableString.Invariant($"api/v1/uploads/{id}/files/{index}?offset={offset}")) { Content = content };
        }, HttpCompletionOption.ResponseContentRead, ct).ConfigureAwait(false);
        return (await System.Net.Http.Json.HttpContentJsonExtensions.ReadFromJsonAsync<UploadProgress>(answer.Content, Json.Wire.Json, ct).ConfigureAwait(false))!;
    }

    /// <summary><c>POST /api/v1/uploads/{id}/complete</c>: verifies sizes and hashes, then starts ingestion or makes the model version.</summary>
    public async Task<UploadReceipt> CompleteAsync(string id, CancellationToken ct) =>
        (await _http.SendAsync<object, UploadReceipt>(HttpMethod.Post, $"api/v1/uploads/{id}/complete", new { }, ct).ConfigureAwait(false))!;

    /// <summary><c>PUT /api/v1/uploads/{dataset}/{file}</c>: one small file, complete on arrival.</summary>
    public async Task<UploadReceipt> PutAsync(ResourceName dataset, string file, Func<Stream> open, CancellationToken ct)
    {
        using var answer = await _http.SendAsync(
            () => new(HttpMethod.Put, $"api/v1/uploads/{dataset}/{Uri.EscapeDataString(file)}") { Content = new StreamContent(open()) },
            HttpCompletionOption.ResponseContentRead, ct).ConfigureAwait(false);
        return (await System.Net.Http.Json.HttpContentJsonExtensions.ReadFromJsonAsync<UploadReceipt>(answer.Content, Json.Wire.Json, ct).ConfigureAwait(false))!;
    }
}
