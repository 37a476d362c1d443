using System.Text.RegularExpressions;
using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>Reads dataset repositories of a hub that speaks Hugging Face's routes, without bringing whole files here. A revision is resolved to a commit
/// once; every later request names the commit.</summary>
public sealed partial class HubDatasets : IDisposable
{
    private const int LargestAnswer = 4 << 20, MostPages = 1000, MostFiles = 1_000_000;
    private readonly HubHttp http;

    /// <summary>A client.</summary>
    /// <param name="settings">Which hub, as whom.</param>
    /// <param name="clock">For pauses.</param>
    public HubDatasets(HubSettings settings, TimeProvider clock) => http = new HubHttp(settings, clock);

    /// <summary><c>GET /api/datasets/{repository}/revision/{revision}</c> for the commit, then <c>GET /api/datasets/{repository}/tree/{commit}?recursive=true</c>, page after page.</summary>
    /// <exception cref="TemperException">Codes <c>hub_…</c>.</exception>
    public async Task<HubListing> ListAsync(HubReference reference, CancellationToken ct)
    {
        var what = $"Asking for the dataset {reference.Repository} at {reference.Revision}";
        var (info, _) = await AskAsync($"api/datasets/{reference.Repository}/revision/{Uri.EscapeDataString(reference.Revision)}?expand=sha", what, ct).ConfigureAwait(false);
        var commit = HubListingJson.Commit(info);
        var files = new List<HubFile>();
        string? path = $"api/datasets/{reference.Repository}/tree/{commit}?recursive=true";
        for (var pages = 0; path is not null; pages++)
        {
            if (pages == MostPages || files.Count > MostFiles) throw new TemperException("hub_answer_invalid", $"{what}: its list of files does not end after {pages} pages and {files.Count} files.");
            (var page, path) = await AskAsync(path, what, ct).ConfigureAwait(false);
            HubListingJson.AddTree(page, files);
        }

        HubListingJson.CheckPaths(files);
        return new HubListing(reference.Repository, commit, files);
    }

    /// <summary>Opens bytes of a file of a listing. A connection that breaks is continued where it broke; a file that is read whole is verified at its end.</summary>
    /// <param name="listing">Repository and commit.</param>
    /// <param name="file">Of the listing.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Bytes at most; null: to the end.</param>
    /// <param name="ct">Stops.</param>
    /// <exception cref="TemperException">Codes <c>hub_…</c>, here or when reading.</exception>
    public async Task<Stream> OpenAsync(HubListing listing, HubFile file, long offset, long? length, CancellationToken ct)
    {
        var stream = new HubFileStream(http, listing, file, offset, length);
        await stream.ConnectAsync(ct).ConfigureAwait(false);
        return stream;
    }

    /// <summary>Closes connections.</summary>
    public void Dispose() => http.Dispose();

    private Task<(byte[] Body, string? Next)> AskAsync(string path, string what, CancellationToken ct) => http.TryAsync(async () =>
    {
        using var answer = await http.GetAsync(path, what, null, ct).ConfigureAwait(false);
        if (!answer.Response.IsSuccessStatusCode) throw new TemperException("hub_answer_invalid", $"{what}: the answer is {(int)answer.Response.StatusCode}.");
        await using var body = await answer.Response.Content.ReadAsStreamAsync(ct).ConfigureAwait(false);
        var bytes = new byte[LargestAnswer + 1];
        var length = await http.HeardAsync(limit => body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, limit).AsTask(), what, ct).ConfigureAwait(false);
        return (bytes[..length], NextPage(answer.Response, what));
    }, () => 0, ct);

    /// <summary>The path of the next page (RFC 8288), which must be the hub's own.</summary>
    private string? NextPage(HttpResponseMessage answer, string what)
    {
        if (HubFaults.Header(answer, "Link") is not { } link || NextLink().Match(link) is not { Success: true } match) return null;
        return http.PathOf(match.Groups[1].Value) ?? throw new TemperException("hub_answer_invalid", $"{what}: its next page would lie elsewhere.");
    }

    [GeneratedRegex("""<([^<>]{1,4000})>;\s*rel="?next"?""", RegexOptions.NonBacktracking)]
    private static partial Regex NextLink();
}
