using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using Temper.Core.Errors;
using Temper.Core.Ids;

namespace Temper.Core.Registry;

/// <summary>Sends files in pieces that survive restarts of both sides.</summary>
public sealed class UploadClient
{
    /// <summary>An hour of requests.</summary>
    private const int MostQuestions = 36;

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

    /// <summary>Sends what the server has not got yet of one file, piece by piece; gives how many bytes each one added.</summary>
    /// <param name="session">The upload, as it was opened.</param>
    /// <param name="index">Which of its files.</param>
    /// <param name="content">The whole file; it can seek.</param>
    /// <param name="ct">Stops sending; the pieces stay.</param>
    /// <exception cref="TemperException">What the server refuses, and <c>UPLOAD_HASH_MISMATCH</c> of a file that has become shorter.</exception>
    public async IAsyncEnumerable<long> SendRestAsync(UploadSession session, int index, Stream content, [EnumeratorCancellation] CancellationToken ct)
    {
        var file = session.Files[index];
        var offset = content.Position = file.Received;
        var piece = new byte[(int)Math.Min(session.PartSize, Math.Max(1, file.Size - offset))];
        while (offset < file.Size)
        {
            var next = piece.AsMemory(0, (int)Math.Min(piece.Length, file.Size - offset));
            var read = await content.ReadAtLeastAsync(next, next.Length, throwOnEndOfStream: false, ct).ConfigureAwait(false);
            if (read == 0)
                throw new TemperException("UPLOAD_HASH_MISMATCH", $"{file.Path} became shorter while it was sent.", "Send it again.");
            var state = await SendAsync(session.Id, index, offset, next[..read], ct).ConfigureAwait(false);
            yield return state.Received - offset;
            offset = state.Received;
        }
    }

    /// <summary><c>POST /api/v1/uploads/{id}/complete</c>: verifies sizes and hashes, then starts ingestion or makes the model version. Of many bytes that takes longer
    /// than a request may: the server goes on meanwhile, and is asked again.</summary>
    public async Task<UploadReceipt> CompleteAsync(string id, CancellationToken ct)
    {
        for (var asked = 1; ; asked++)
        {
            try
            {
                return (await _http.SendAsync<object, UploadReceipt>(HttpMethod.Post, $"api/v1/uploads/{id}/complete", new { }, ct).ConfigureAwait(false))!;
            }
            catch (TemperException e) when (e.InnerException is TaskCanceledException && asked < MostQuestions)
            {
                // It took the request and is busy with it.
            }
        }
    }

    /// <summary><c>PUT /api/v1/uploads/{dataset}/{file}</c>: one small file, complete on arrival.</summary>
    public async Task<UploadReceipt> PutAsync(ResourceName dataset, string file, Func<Stream> open, CancellationToken ct)
    {
        using var answer = await _http.SendAsync(
            () => new(HttpMethod.Put, $"api/v1/uploads/{dataset}/{Uri.EscapeDataString(file)}") { Content = new StreamContent(open()) },
            HttpCompletionOption.ResponseContentRead, ct).ConfigureAwait(false);
        return (await System.Net.Http.Json.HttpContentJsonExtensions.ReadFromJsonAsync<UploadReceipt>(answer.Content, Json.Wire.Json, ct).ConfigureAwait(false))!;
    }
}
