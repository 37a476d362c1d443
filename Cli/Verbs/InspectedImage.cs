using Temper.Cli.Output;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Ingest;
using Temper.Models;

namespace Temper.Cli.Verbs;

/// <summary>What <c>temper inspect</c> says of an image file. It is decoded as ingestion would: what is refused there is refused here, with the same code.</summary>
internal static class InspectedImage
{
    /// <summary>Whether a reference is a file that is an image by its name or by its first bytes.</summary>
    public static bool Is(string reference)
    {
        if (!File.Exists(reference))
            return false;
        using var file = File.OpenRead(reference);
        var begin = new byte[512];
        return ImageSignature.OfName(reference) != ImageFormat.Unknown || ImageSignature.Of(begin.AsSpan(0, file.ReadAtLeast(begin, begin.Length, throwOnEndOfStream: false))) != ImageFormat.Unknown;
    }

    /// <summary>Shows it.</summary>
    /// <exception cref="TemperException">The codes of <see cref="ImageDecoder"/>, with the file.</exception>
    public static async Task<int> ShowAsync(Terminal terminal, string path, CancellationToken ct)
    {
        var bytes = await ReadAsync(path, ct);
        var header = Decoded(path, bytes, ct).Header;
        var (digest, config) = (Digest.Of(bytes), new ImageConfig());
        var place = new ImageRules(config).Geometry.Of(header.UprightWidth, header.UprightHeight, digest);
        string[] warnings = [.. header.Warnings, .. ImageSignature.OfName(path) is var named && named != ImageFormat.Unknown && named != header.Format ? new[] { "IMG_NAME_MISMATCH" } : []];
        terminal.Document(new
        {
            file = path,
            format = header.Format,
            width = header.UprightWidth,
            height = header.UprightHeight,
            header.Orientation,
            header.Kind,
            bytes = bytes.LongLength,
            sha256 = digest,
            bucket = new { place.Bucket.Width, place.Bucket.Height, config.Resolution, config.ResolutionType },
            warnings,
        });
        terminal.Line($"[bold]{Style.Escape(path)}[/]: {ImageSignature.Shown(header.Format)}, {header.UprightWidth} × {header.UprightHeight} pixels, {Format.Bytes(bytes.LongLength)}");
        terminal.Line($"  {"kind",-12}{header.Kind}");
        terminal.Line($"  {"orientation",-12}{header.Orientation}{(header.Orientation == 1 ? "" : $", applied: stored {header.Width} × {header.Height}")}");
        terminal.Line($"  {"bucket",-12}{place.Bucket.Width} × {place.Bucket.Height} at resolution {config.Resolution}, whole");
        foreach (var code in warnings)
            terminal.Line($"  {code,-20} {ErrorCatalogue.Find(code)?.Meaning}");
        return 0;
    }

    /// <summary>An image file's pixels, upright.</summary>
    /// <exception cref="TemperException">As of <see cref="ShowAsync"/>, and <c>usage</c> where there is no such file.</exception>
    public static async Task<RgbImage> DecodeAsync(string path, CancellationToken ct) => File.Exists(path)
        ? Decoded(path, await ReadAsync(path, ct), ct).Image
        : throw new TemperException("usage", $"There is no file {path}.");

    private static async Task<byte[]> ReadAsync(string path, CancellationToken ct) => new FileInfo(path).Length <= ImageLimits.Default.MaxFileBytes
        ? await File.ReadAllBytesAsync(path, ct)
        : throw new TemperException([new Problem("IMG_TOO_LARGE", $"{path} has more than {ImageLimits.Default.MaxFileBytes} bytes.") { File = path }]);

    private static DecodedImage Decoded(string path, byte[] bytes, CancellationToken ct)
    {
        try
        {
            return ImageDecoder.Decode(bytes, ct: ct);
        }
        catch (TemperException e)
        {
            throw new TemperException([.. e.Problems.Select(problem => problem with { File = path })], e);
        }
    }
}
