using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Temper.Core.Errors;
using Temper.Core.Files;

namespace Temper.Models;

/// <summary>Bytes of a file of a hub, read forward. A connection that breaks off is made again for the bytes that lack, by Range and If-Range; an answer
/// of another commit, file or place is an error. A file that is read from its first byte to its last is compared with its digest.</summary>
internal sealed class HubFileStream : ForwardStream
{
    private readonly HubHttp http;
    private readonly HubListing listing;
    private readonly HubFile file;
    private readonly IncrementalHash? hash;
    private readonly HubDigest? digest;
    private readonly long first;
    private HubAnswer? answer;
    private Stream? body;
    private EntityTagHeaderValue? tag;
    private long position, end;

    /// <param name="http">The hub.</param>
    /// <param name="listing">Repository and commit.</param>
    /// <param name="file">Of the listing.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Bytes at most; null: to the end.</param>
    public HubFileStream(HubHttp http, HubListing listing, HubFile file, long offset, long? length)
    {
        (this.http, this.listing, this.file) = (http, listing, file);
        end = file.Size ?? long.MaxValue;
        first = position = Math.Min(offset, end);
        if (length is { } bytes && bytes < end - position) end = position + bytes;
        if (offset == 0 && file.Size is { } whole && end == whole && HubDigest.Of(file, null) is { } known) (digest, hash) = (known, known.Begin(whole));
    }

    /// <inheritdoc/>
    public override long Position { get => position - first; set => base.Position = value; }

    private string What => $"Reading {file.Path} of {listing.Repository}";

    /// <summary>Makes the first connection, so that what is wrong with the file is said at opening.</summary>
    public Task ConnectAsync(CancellationToken ct) => position == end ? Task.CompletedTask : http.TryAsync(async () => { await BodyAsync(ct).ConfigureAwait(false); return 0; }, () => position, ct);

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (position == end || buffer.IsEmpty) return 0;
        var read = await http.TryAsync(() => TryReadAsync(buffer, cancellationToken), () => position, cancellationToken).ConfigureAwait(false);
        position += read;
        // A file of unknown size ends where its answer ends.
        if (read == 0) end = position;
        hash?.AppendData(buffer.Span[..read]);
        if (position == end && hash is not null && Convert.ToHexStringLower(hash.GetCurrentHash()) != digest!.Hex)
            throw new TemperException("hub_hash_mismatch", $"{What}: the bytes that arrived do not have the digest {digest.Hex}.");
        return read;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Disconnect();
            hash?.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task<int> TryReadAsync(Memory<byte> buffer, CancellationToken ct)
    {
        var source = await BodyAsync(ct).ConfigureAwait(false);
        try
        {
            var read = await http.HeardAsync(limit => source.ReadAsync(buffer[..(int)Math.Min(buffer.Length, end - position)], limit).AsTask(), What, ct).ConfigureAwait(false);
            if (read == 0 && file.Size is not null) throw new PassingHubException("hub_unreachable", $"{What}: the connection ended at byte {position} of {end}.");
            return read;
        }
        catch (PassingHubException)
        {
            Disconnect();
            throw;
        }
    }

    private async Task<Stream> BodyAsync(CancellationToken ct)
    {
        if (body is not null) return body;
        var isRange = position > 0 || end < (file.Size ?? end);
        var made = await http.GetAsync($"datasets/{listing.Repository}/resolve/{listing.Commit}/{string.Join('/', file.Path.Split('/').Select(Uri.EscapeDataString))}", What, request =>
        {
            if (!isRange) return;
            request.Headers.Range = new RangeHeaderValue(position, end == long.MaxValue ? null : end - 1);
            if (tag is { IsWeak: false }) request.Headers.IfRange = new RangeConditionHeaderValue(tag);
        }, ct).ConfigureAwait(false);
        try
        {
            Check(made, isRange);
            tag ??= made.Response.Headers.ETag;
            body = await made.Response.Content.ReadAsStreamAsync(ct).ConfigureAwait(false);
            answer = made;
            return body;
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }

    private void Check(HubAnswer made, bool isRange)
    {
        if (made.Contradicts(listing, file) is { } how) throw Changed(how);
        var (response, range) = (made.Response, made.Response.Content.Headers.ContentRange);
        if (tag is { IsWeak: false } && response.Headers.ETag is { } now && now.Tag != tag.Tag) throw Changed("its ETag is another one now");
        var whole = isRange ? range?.Length : response.Content.Headers.ContentLength;
        if (whole is { } size && size != (file.Size ?? size)) throw Changed($"it has {size} bytes, at first {file.Size}");
        if (isRange && response.StatusCode == HttpStatusCode.OK) throw new TemperException("hub_answer_invalid", $"{What}: the hub sends the whole file where a part was asked for.", "Whoever answers must support HTTP ranges.");
        if (isRange ? response.StatusCode != HttpStatusCode.PartialContent || range?.From != position : response.StatusCode != HttpStatusCode.OK)
            throw new PassingHubException("hub_answer_invalid", $"{What}: the answer is {(int)response.StatusCode} for other bytes than were asked for.");
    }

    private TemperException Changed(string how) => new("hub_file_changed", $"{What} at commit {listing.Commit[..12]}: {how}.");

    private void Disconnect()
    {
        body?.Dispose();
        answer?.Dispose();
        (body, answer) = (null, null);
    }
}
