using System.Net;
using System.Net.Http.Headers;
using Temper.Core.Errors;
using Temper.Core.Work;

namespace Temper.Models;

/// <summary>Brings files of a repository at a commit into a folder. What arrived is kept beside as <c>.part</c>, with the ETag that it belongs to as
/// <c>.part.tag</c>, and continued by Range and If-Range, also by another process; a file gets its name when its size and digest are right.</summary>
internal sealed class HubDownload(HubHttp http, HubListing listing, string folder)
{
    private string? etag;
    private long furthest;

    /// <summary>Downloads a file where it is not there yet.</summary>
    /// <param name="file">Which.</param>
    /// <param name="arrived">Told the bytes of the file that are here.</param>
    /// <param name="ct">Stops; what arrived stays.</param>
    public async Task RunAsync(HubFile file, Action<long> arrived, CancellationToken ct)
    {
        var target = Path.Combine(folder, file.Path);
        if (File.Exists(target) && HubDigest.Of(file, null) is { } known && await known.MatchesAsync(target, ct).ConfigureAwait(false)) return;
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        for (var again = false; ; again = true)
        {
            (furthest, etag) = (0, null);
            await using (var part = Open(target + ".part", file))
            {
                await http.TryAsync(async () =>
                {
                    await ContinueAsync(file, part, target + ".part.tag", arrived, ct).ConfigureAwait(false);
                    return 0;
                }, () => furthest, ct).ConfigureAwait(false);
                part.Flush(flushToDisk: true);
            }

            var digest = HubDigest.Of(file, etag) ?? throw new TemperException("hub_answer_invalid", $"{What(file)}: the hub tells no digest to verify it with.");
            var right = await digest.MatchesAsync(target + ".part", ct).ConfigureAwait(false);
            File.Delete(target + ".part.tag");
            if (right) break;
            File.Delete(target + ".part");
            if (again) throw new TemperException("hub_hash_mismatch", $"{What(file)}: the bytes that arrived do not have the digest {digest.Hex}.");
        }

        File.Move(target + ".part", target, overwrite: true);
        DurableSteps.Passed("hub.file_stored");
    }

    private async Task ContinueAsync(HubFile file, FileStream part, string tagFile, Action<long> arrived, CancellationToken ct)
    {
        var tag = part.Length > 0 && File.Exists(tagFile) ? await File.ReadAllTextAsync(tagFile, ct).ConfigureAwait(false) : "";
        if (tag.Length == 0 || part.Length > file.Size) part.SetLength(0);
        var have = part.Length;
        // Broken off after the last byte: the digest tells.
        if (have > 0 && have == file.Size) return;
        using var answer = await http.GetAsync($"{listing.Repository}/resolve/{listing.Commit}/{string.Join('/', file.Path.Split('/').Select(Uri.EscapeDataString))}", What(file), request =>
        {
            if (have == 0) return;
            request.Headers.Range = new RangeHeaderValue(have, null);
            request.Headers.IfRange = new RangeConditionHeaderValue(new EntityTagHeaderValue(tag));
        }, ct).ConfigureAwait(false);
        CheckIdentity(file, answer);
        CheckRange(file, answer.Response, part, tag);
        if (part.Length == 0) await File.WriteAllTextAsync(tagFile, answer.Response.Headers.ETag is { IsWeak: false } strong ? strong.Tag : "", ct).ConfigureAwait(false);
        await CopyAsync(file, answer.Response, part, arrived, ct).ConfigureAwait(false);
    }

    private async Task CopyAsync(HubFile file, HttpResponseMessage response, FileStream part, Action<long> arrived, CancellationToken ct)
    {
        await using var body = await response.Content.ReadAsStreamAsync(ct).ConfigureAwait(false);
        part.Position = part.Length;
        var buffer = new byte[1 << 17];
        int read;
        while ((read = await http.HeardAsync(limit => body.ReadAsync(buffer, limit).AsTask(), What(file), ct).ConfigureAwait(false)) > 0)
        {
            if (part.Length + read > file.Size) throw Changed(file, $"more than {file.Size} bytes arrive");
            await part.WriteAsync(buffer.AsMemory(0, read), ct).ConfigureAwait(false);
            await part.FlushAsync(ct).ConfigureAwait(false);
            furthest = Math.Max(furthest, part.Length);
            arrived(part.Length);
        }

        if (part.Length < file.Size) throw new PassingHubException("hub_unreachable", $"{What(file)}: the connection ended after {part.Length} of {file.Size} bytes.");
    }

    private void CheckIdentity(HubFile file, HubAnswer answer)
    {
        etag ??= answer.Etag;
        if (answer.Contradicts(listing, file) is { } how) throw Changed(file, how);
    }

    /// <summary>Leaves the part at the place where the body continues; an answer to another question begins anew.</summary>
    private void CheckRange(HubFile file, HttpResponseMessage response, FileStream part, string tag)
    {
        if (response.StatusCode == HttpStatusCode.PartialContent)
        {
            var range = response.Content.Headers.ContentRange;
            if (range?.From == part.Length && (range.Length is not { } whole || whole == (file.Size ?? whole)) && (response.Headers.ETag is not { } now || now.Tag == tag || part.Length == 0)) return;
            part.SetLength(0);
            throw new PassingHubException("hub_file_changed", $"{What(file)}: the answer is another part, or of another file, than was asked for.");
        }

        part.SetLength(0);
        if (response.StatusCode != HttpStatusCode.OK) throw new PassingHubException("hub_unreachable", $"{What(file)}: the answer is {(int)response.StatusCode}.");
        if (response.Content.Headers.ContentLength is { } length && length != (file.Size ?? length)) throw Changed(file, $"it has {length} bytes, at first {file.Size}");
    }

    private FileStream Open(string path, HubFile file)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, FileOptions.Asynchronous);
        }
        catch (IOException e) when (e.GetType() == typeof(IOException) && File.Exists(path))
        {
            throw new TemperException("hub_busy", $"{What(file)}: another process writes {path}.", inner: e);
        }
    }

    private string What(HubFile file) => $"Downloading {file.Path} of {listing.Repository}";

    private TemperException Changed(HubFile file, string how) => new("hub_file_changed", $"{What(file)} at commit {listing.Commit[..12]}: {how}.");
}
