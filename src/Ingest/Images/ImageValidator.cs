using System.Collections.Concurrent;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Models;

namespace Temper.Ingest;

/// <summary>
/// Judges one image file as <see cref="LineValidator"/> judges a line: it is decoded whole, so that nothing that cannot be read later is accepted. Writes
/// <c>+</c> and the canonical record, or <c>-</c> and why it was set aside; line 1, offset 0.
/// </summary>
internal sealed class ImageValidator(DatasetConfig config)
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private const long LargePixels = 16_000_000;
    private readonly ImageRules _rules = new(config.Image!);
    private readonly ImageCaptions _captions = new(config.Image!.Captions);
    private readonly ConcurrentBag<CaptionScan> _scans = [];

    /// <summary>Judges a file.</summary>
    /// <param name="file">Of the plan.</param>
    /// <param name="bytes">All of it.</param>
    /// <param name="sidecar">Its caption file.</param>
    /// <param name="tally">Counted into.</param>
    /// <param name="output">Written to.</param>
    /// <param name="ct">Stops it.</param>
    public void Take(SourceFile file, byte[] bytes, byte[]? sidecar, FileTally tally, ByteBuffer output, CancellationToken ct)
    {
        (tally.RecordsIn, tally.Bytes) = (1, bytes.LongLength);
        try
        {
            var (image, header) = ImageDecoder.Decode(bytes, ct: ct);
            tally.Look = DifferenceHash.Of(image);
            var (captions, fault) = _captions.Of(file, sidecar, file.Sha256);
            var scan = _scans.TryTake(out var free) ? free : new(config);
            fault ??= scan.Read(captions, tally.Facts);
            if (fault is not null)
                SetAside(file, fault, RecordOutcome.Quarantined, tally, output);
            else if (_rules.Broken(header.UprightWidth, header.UprightHeight, file.Sha256) is { } rule)
                SetAside(file, rule, RecordOutcome.Filtered, tally, output);
            else
            {
                Accept(file, header, scan.Captions, tally, output);
                scan.Count(tally.Facts);
            }
            _scans.Add(scan);
        }
        catch (TemperException e) when (e.Code.StartsWith("IMG_", StringComparison.Ordinal))
        {
            SetAside(file, new(e.Code, e.Message), RecordOutcome.Quarantined, tally, output);
        }
    }

    /// <summary>Whether decoding a file takes so much memory that it should be decoded alone. Of one that cannot be decoded, no.</summary>
    public static bool IsLarge(byte[] bytes)
    {
        try
        {
            var header = ImageDecoder.ReadHeader(bytes);
            return (long)header.Width * header.Height >= LargePixels;
        }
        catch (TemperException)
        {
            // Decoding says what is wrong with it.
            return false;
        }
    }

    /// <summary>Sets a file aside that has too many bytes to be read.</summary>
    public static void TakeTooLarge(SourceFile file, FileTally tally, ByteBuffer output)
    {
        (tally.RecordsIn, tally.Bytes) = (1, file.Size);
        SetAside(file, new("IMG_TOO_LARGE", FormattableString.Invariant($"The file has {file.Size} bytes; an image may have {ImageLimits.Default.MaxFileBytes}.")), RecordOutcome.Quarantined, tally, output);
    }

    /// <summary>Sets rows of a table of captions aside whose images are not in the upload.</summary>
    public static void TakeOrphans(SourceFile table, IReadOnlyList<CaptionRow> rows, FileTally tally, ByteBuffer output)
    {
        (tally.RecordsIn, tally.Quarantined, tally.Bytes) = (rows.Count, rows.Count, table.Size);
        foreach (var row in rows)
        {
            var fault = row.Fault ?? new("IMG_MISSING", $"The row names '{Excerpts.Of(Encoding.UTF8.GetBytes(row.Name), 100)}', which is no image of the upload.");
            Write(new(table.Path, row.Row, 0, fault.Code, RecordOutcome.Quarantined, fault.Message), tally, output);
        }
    }

    private static void Accept(SourceFile file, ImageHeader header, IReadOnlyList<string> captions, FileTally tally, ByteBuffer output)
    {
        tally.Accepted = 1;
        foreach (var warning in header.Warnings)
            FileTally.Count(tally.Warnings, warning, 1);
        if (ImageSignature.OfName(file.Path) != header.Format)
            FileTally.Count(tally.Warnings, "IMG_NAME_MISMATCH", 1);
        var content = new ByteBuffer(1024);
        using (var json = new Utf8JsonWriter(content, Options))
            WriteContent(json, file, header, captions);
        output.Add("+{\"rec_id\":\""u8);
        output.AddHex(System.Security.Cryptography.SHA256.HashData(content.Written));
        output.Add("\",\"source\":{\"file\":"u8);
        output.Add([(byte)'"', .. JsonEncodedText.Encode(file.Path, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes, (byte)'"']);
        output.Add(",\"line\":1,\"offset\":0},"u8);
        output.Add(content.Written[1..]);
        output.Add((byte)'\n');
    }

    /// <summary>Keys sorted, as in every canonical record.</summary>
    private static void WriteContent(Utf8JsonWriter json, SourceFile file, ImageHeader header, IReadOnlyList<string> captions)
    {
        json.WriteStartObject();
        if (captions.Count > 0)
        {
            json.WriteStartArray("captions");
            foreach (var caption in captions)
                json.WriteStringValue(caption);
            json.WriteEndArray();
        }
        json.WriteStartObject("image");
        json.WriteNumber("height", header.UprightHeight);
        json.WriteString("media_type", header.Format == ImageFormat.Png ? "image/png" : "image/jpeg");
        json.WriteString("sha256", JsonSerializer.SerializeToElement(file.Sha256, Wire.Json).GetString());
        json.WriteNumber("width", header.UprightWidth);
        json.WriteEndObject();
        json.WriteString("kind", "image");
        json.WriteEndObject();
    }

    private static void SetAside(SourceFile file, RecordFault fault, RecordOutcome outcome, FileTally tally, ByteBuffer output)
    {
        (tally.Filtered, tally.Quarantined) = outcome == RecordOutcome.Filtered ? (1, 0) : (0, 1);
        Write(new(file.Path, 1, 0, fault.Code, outcome, fault.Message) { RecSha256 = file.Sha256, JsonPointer = fault.Pointer }, tally, output);
    }

    private static void Write(QuarantineEntry entry, FileTally tally, ByteBuffer output)
    {
        FileTally.Count(tally.Codes, entry.Code, entry.Line);
        entry = entry with { Hint = ErrorCatalogue.Find(entry.Code)?.Remedy };
        output.Add((byte)'-');
        output.Add(JsonSerializer.SerializeToUtf8Bytes(entry, Wire.Json));
        output.Add((byte)'\n');
    }
}
