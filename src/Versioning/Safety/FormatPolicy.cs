using System.Buffers.Binary;
using Temper.Core.Errors;
using Temper.Core.Safetensors;

namespace Temper.Versioning.Safety;

/// <summary>
/// Decides by content, never by name, which files a repository takes: safetensors with a strict header, text of any kind (JSON, JSON lines, CSV, YAML,
/// Markdown, source), Parquet, PNG, JPEG, SentencePiece models; other formats by <see cref="FormatRules.Formats"/>. Whatever would call something if
/// it were unpickled is unsafe whatever else it is, and so is what cannot be looked through to its end. Safe from any thread.
/// </summary>
public sealed class FormatPolicy(FormatRules rules)
{
    private const int HeadBytes = 64 << 10;

    private static readonly HashSet<string> Default = ["empty", "safetensors", "text", "parquet", "png", "jpeg", "sentencepiece", "unknown"];

    /// <summary>Looks at a file before it is kept. Reads its ends, a header, and as much as a pickle would; not the whole of large files.</summary>
    /// <param name="name">Where the file will be, for messages alone.</param>
    /// <param name="content">The whole file from position 0, seekable; at position 0 again afterwards.</param>
    /// <param name="ct">Ends the work.</param>
    public async ValueTask<FormatVerdict> CheckAsync(string name, Stream content, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(content);
        if (!content.CanSeek)
            throw new ArgumentException("A file is checked before it is kept: the stream must be seekable.", nameof(content));
        try
        {
            var length = content.Length;
            var head = await ReadAsync(content, 0, (int)Math.Min(length, HeadBytes), ct);
            var tail = length <= HeadBytes ? head : await ReadAsync(content, length - HeadBytes, HeadBytes, ct);
            return Judge(content, length, head, tail, depth: 0, ct);
        }
        finally
        {
            content.Position = 0;
        }
    }

    internal FormatRules Rules => rules;

    /// <summary>The verdict on content inside of <paramref name="depth"/> archives.</summary>
    internal FormatVerdict Judge(Stream content, long length, byte[] head, byte[] tail, int depth, CancellationToken ct)
    {
        var format = ContentKind.Of(head, tail, length);
        if (format == "safetensors" && BrokenHeader(content, length) is { } broken)
            return broken;
        if (FindPickle(content, head, format, ct) is { } pickle)
            return pickle;
        if (format is "zip" or "gzip" || ContentKind.EndsAsZip(tail))
            return Archive(content, format, depth, ct);
        if (format == "npy" && ContentKind.IsObjectArray(head))
            return FormatVerdict.Bad(format, "object_array", "It is a NumPy array of Python objects: a pickle lies in it.");
        return Default.Contains(format) || rules.Formats.Contains(format)
            ? FormatVerdict.Fine(format) with { Secrets = depth == 0 && format == "text" ? SecretScan.Find(head) : [] }
            : new(FormatFinding.Refused, format, "format_refused", format == "unknown"
                ? "It is of no format that is known; this repository takes safetensors, text, JSON, CSV, Parquet, PNG and JPEG."
                : $"It is {format}, which this repository does not take.");
    }

    private static FormatVerdict? BrokenHeader(Stream content, long length)
    {
        try
        {
            content.Position = 0;
            var count = new byte[8];
            content.ReadExactly(count);
            var header = new byte[BinaryPrimitives.ReadUInt64LittleEndian(count)];
            content.ReadExactly(header);
            SafetensorsHeader.Parse(header, length - 8 - header.Length, "the file");
            return null;
        }
        catch (TemperException error)
        {
            return new(FormatFinding.Refused, "safetensors", error.Code, error.Problems[0].Message);
        }
    }

    private FormatVerdict? FindPickle(Stream content, byte[] head, string format, CancellationToken ct)
    {
        var found = PickleReader.Read(content, head, ct);
        if (found.IsTooLong)
            return FormatVerdict.Bad(format, "pickle_unreadable", $"It may be a pickle that is not looked through: {found.Fault}.") with { Globals = found.Globals };
        // What no format explains and imports something is not taken for an accident.
        if (!found.Calls && format != "pickle" && !(format == "unknown" && found.Globals.Count > 0))
            return null;
        return rules.AllowUnsafeFormats && format is "unknown" or "pickle" or "text" ? PickleGlobals.Judge(found) : Pickle(found);
    }

    private static FormatVerdict Pickle(PickleReport found) => FormatVerdict.Bad("pickle", "pickle",
        found.Globals.Count == 0 ? "It is a Python pickle." : $"It can be read as a Python pickle that imports {string.Join(", ", found.Globals.Take(4))}{(found.Globals.Count > 4 ? ", …" : "")}.") with
    {
        Globals = found.Globals,
    };

    private FormatVerdict Archive(Stream content, string format, int depth, CancellationToken ct)
    {
        if (format is not ("zip" or "gzip"))
            return FormatVerdict.Bad(format, "archive_appended", $"It is {format} with a zip archive at its end.");
        content.Position = 0;
        var inside = format == "gzip" ? ArchiveScan.Gzip(this, content, depth, ct) : ArchiveScan.Zip(this, content, depth, ct);
        if (inside is not null)
            return inside with { Format = format };
        return rules.Formats.Contains(format)
            ? FormatVerdict.Fine(format)
            : new(FormatFinding.Refused, format, "format_refused", $"It is {format}, which this repository does not take.");
    }

    private static async ValueTask<byte[]> ReadAsync(Stream content, long at, int count, CancellationToken ct)
    {
        content.Position = at;
        var bytes = new byte[count];
        await content.ReadExactlyAsync(bytes, ct);
        return bytes;
    }
}
