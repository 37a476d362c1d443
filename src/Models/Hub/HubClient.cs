using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Files;

namespace Temper.Models;

/// <summary>Downloads models from a hub that speaks Hugging Face's routes. A revision is pinned to its commit first, and every file is verified
/// against the digest that the commit gives it. An interrupted download continues, in another process too.</summary>
public sealed class HubClient : IDisposable
{
    private const int LargestListing = 4 << 20;
    private readonly HubHttp http;
    private readonly string root;

    /// <summary>A client.</summary>
    /// <param name="settings">Which hub, as whom.</param>
    /// <param name="root">Folder for downloads: <c>{root}/{owner--name}/{commit}/</c>.</param>
    /// <param name="clock">For pauses.</param>
    public HubClient(HubSettings settings, string root, TimeProvider clock) => (this.root, http) = (root, new HubHttp(settings, clock));

    /// <summary><c>GET /api/models/{repository}/revision/{revision}?blobs=true</c>: the commit and its files.</summary>
    /// <exception cref="TemperException">Codes <c>hub_…</c>.</exception>
    public Task<HubListing> ListAsync(HubReference reference, CancellationToken ct)
    {
        var what = $"Asking for {reference.Repository} at {reference.Revision}";
        return http.TryAsync(async () =>
        {
            using var answer = await http.GetAsync($"api/models/{reference.Repository}/revision/{Uri.EscapeDataString(reference.Revision)}?blobs=true", what, null, ct).ConfigureAwait(false);
            if (!answer.Response.IsSuccessStatusCode) throw new TemperException("hub_answer_invalid", $"{what}: the answer is {(int)answer.Response.StatusCode}.");
            await using var body = await answer.Response.Content.ReadAsStreamAsync(ct).ConfigureAwait(false);
            var bytes = new byte[LargestListing + 1];
            var length = await http.HeardAsync(limit => body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, limit).AsTask(), what, ct).ConfigureAwait(false);
            return HubListingJson.Read(bytes.AsSpan(0, length), reference.Repository);
        }, () => 0, ct);
    }

    /// <summary>Brings the files that a model needs. Small ones come first, so that what is not supported is refused before gigabytes arrive.</summary>
    /// <exception cref="TemperException">Codes <c>hub_…</c>, <c>pickle_refused</c>, <c>disk_full</c>, and those of config.json.</exception>
    public async Task<HubSnapshot> FetchAsync(HubReference reference, IProgress<HubProgress>? progress, CancellationToken ct)
    {
        var listing = await ListAsync(reference, ct).ConfigureAwait(false);
        var (small, weights) = HubSelection.Of(listing);
        var folder = Path.Combine(root, listing.Repository.Replace("/", "--", StringComparison.Ordinal), listing.Commit);
        Directory.CreateDirectory(folder);
        var isIndex = weights.Path.EndsWith(".json", StringComparison.Ordinal);
        List<HubFile> files = isIndex ? [.. small, weights] : small;
        await DownloadAsync(listing, folder, files, 0, files.Sum(file => file.Size ?? 0), progress, ct).ConfigureAwait(false);
        CheckConfig(Path.Combine(folder, "config.json"));
        var large = isIndex ? HubSelection.Shards(listing, weights, folder) : [weights];
        var (before, total) = (files.Sum(file => file.Size ?? 0), files.Concat(large).Sum(file => file.Size ?? 0));
        CheckSpace(folder, large);
        await DownloadAsync(listing, folder, large, before, total, progress, ct).ConfigureAwait(false);
        var source = Path.Combine(folder, "source.json");
        DurableFile.Write(source, JsonSerializer.SerializeToUtf8Bytes(new { repository = listing.Repository, commit = listing.Commit }));
        return new HubSnapshot(folder, listing, [.. files, .. large]);
    }

    /// <summary>Closes connections.</summary>
    public void Dispose() => http.Dispose();

    private async Task DownloadAsync(HubListing listing, string folder, IEnumerable<HubFile> files, long done, long total, IProgress<HubProgress>? progress, CancellationToken ct)
    {
        var download = new HubDownload(http, listing, folder);
        foreach (var file in files)
        {
            await download.RunAsync(file, here => progress?.Report(new HubProgress(file.Path, done + here, Math.Max(total, done + here))), ct).ConfigureAwait(false);
            done += file.Size ?? 0;
        }
    }

    private static void CheckConfig(string file)
    {
        var json = File.ReadAllBytes(file);
        if (EncoderConfig.IsEncoder(json)) EncoderConfig.Parse(json, file);
        else ModelConfig.Parse(json, file);
    }

    private static void CheckSpace(string folder, List<HubFile> files)
    {
        var needed = files.Where(file => !File.Exists(Path.Combine(folder, file.Path)))
            .Sum(file => (file.Size ?? 0) - (File.Exists(Path.Combine(folder, file.Path + ".part")) ? new FileInfo(Path.Combine(folder, file.Path + ".part")).Length : 0));
        var free = new DriveInfo(folder).AvailableFreeSpace;
        if (needed > free) throw new TemperException("disk_full", $"Downloading to {folder}: {needed} bytes are needed, {free} are free.", "Free space, or choose another place with --home.");
    }
}
