using System.Security.Cryptography;
using Temper.Core.Ids;

namespace Temper.Ingest;

/// <summary>Takes an answer's body into a temporary file: bounded as it arrives and as it is unpacked, hashed, and looked at.</summary>
internal static class FetchBody
{
    /// <summary>A picture, or why not.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    public static async Task<FetchResult> ReadAsync(HttpResponseMessage answer, FetchAddress from, long most, CancellationToken ct)
    {
        var headers = answer.Content.Headers;
        if (!ImageKind.IsPlausible(headers.ContentType?.MediaType))
            return Refuse("FETCH_NOT_CONTENT", $"{from} gives {headers.ContentType!.MediaType} instead of a picture.");
        if (headers.ContentLength > most)
            return Refuse("FETCH_TOO_LARGE", $"{from} announces {headers.ContentLength} bytes; at most {most} are taken.");
        if (headers.ContentEncoding.Count > 1 || headers.ContentEncoding.FirstOrDefault() is { } coding && coding is not ("gzip" or "x-gzip" or "identity"))
            return Refuse("FETCH_BROKEN", $"{from} is sent as {string.Join(", ", headers.ContentEncoding)}, which was not asked for.");
        await using var raw = new BoundedStream(await answer.Content.ReadAsStreamAsync(ct), most);
        if (headers.ContentEncoding.FirstOrDefault() is null or "identity")
            return await TakeAsync(raw, from, most, raw, null, ct);
        await using var members = new GzipMembers(raw);
        return await TakeAsync(members, from, most, raw, members, ct);
    }

    private static async Task<FetchResult> TakeAsync(Stream body, FetchAddress from, long most, BoundedStream raw, GzipMembers? members, CancellationToken ct)
    {
        var file = new FileStream(Path.GetTempFileName(), FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var (buffer, begin, size) = (new byte[1 << 16], Array.Empty<byte>(), 0L);
            int count;
            while ((count = await body.ReadAsync(buffer, ct)) > 0)
            {
                size += count;
                if (size > most)
                    break;
                if (begin.Length < ImageKind.Needed)
                    begin = [.. begin, .. buffer.AsSpan(0, Math.Min(count, ImageKind.Needed - begin.Length))];
                hash.AppendData(buffer, 0, count);
                await file.WriteAsync(buffer.AsMemory(0, count), ct);
            }
            if (Fault(from, most, size, raw, members, begin) is { } refusal)
            {
                await file.DisposeAsync();
                return new(null, refusal);
            }
            file.Position = 0;
            return new(new(file, Digest.FromHash(hash.GetHashAndReset()), size, ImageKind.Of(begin)!), null);
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    private static FetchRefusal? Fault(FetchAddress from, long most, long size, BoundedStream raw, GzipMembers? members, byte[] begin)
    {
        if (size > most || raw.Overran || members?.Fault?.Code == "FILE_RATIO")
            return new("FETCH_TOO_LARGE", $"{from} gives more than {most} bytes.");
        if (members?.Fault is { } fault)
            return new("FETCH_BROKEN", $"The compressed answer of {from} cannot be unpacked: {fault.Message}", MayPass: true);
        return ImageKind.Of(begin) is null ? new("FETCH_NOT_CONTENT", $"{from} does not give a picture: {Shown(begin)}.") : null;
    }

    private static string Shown(byte[] begin) => begin.Length == 0 ? "it is empty" : begin.AsSpan().TrimStart(" \r\n\t"u8).StartsWith("<"u8) ? "it begins like a web page" : "its first bytes are of no kind that is known";

    private static FetchResult Refuse(string code, string reason) => new(null, new(code, reason));
}
