using System.Text.Json;

namespace Temper.Ingest;

/// <summary>
/// Tells how a file is read from its name and its first bytes. Both must agree: a table that is named .jsonl, or an archive that is named .csv, is
/// an error of the file, never a file of bad records.
/// </summary>
internal static class FileSniffer
{
    private static readonly (byte[] Magic, string Name)[] Binary =
    [
        ("PAR1"u8.ToArray(), "Parquet"), ("PK\u0003\u0004"u8.ToArray(), "a zip archive"), ("PK\u0005\u0006"u8.ToArray(), "a zip archive"),
        ([0x1F, 0x8B], "gzip"), ([0x28, 0xB5, 0x2F, 0xFD], "Zstandard"), ("BZh"u8.ToArray(), "bzip2"), ([0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z'], "xz"),
        ([(byte)'7', (byte)'z', 0xBC, 0xAF], "a 7z archive"), ("Rar!"u8.ToArray(), "a RAR archive"), ([0x89, (byte)'P', (byte)'N', (byte)'G'], "a PNG image"),
        ([0xFF, 0xD8, 0xFF], "a JPEG image"), ("GIF8"u8.ToArray(), "a GIF image"), ("%PDF-"u8.ToArray(), "a PDF document"), ("ARROW1"u8.ToArray(), "Arrow"),
        ("SQLite format 3"u8.ToArray(), "an SQLite database"), ([0xD0, 0xCF, 0x11, 0xE0], "an Office document"), ([0x7F, (byte)'E', (byte)'L', (byte)'F'], "a program"),
    ];

    /// <summary>The kind of a file, or why none can be told.</summary>
    /// <param name="path">Its name.</param>
    /// <param name="sample">Its first unpacked bytes.</param>
    /// <param name="textIsMeant">Whether somebody said that the records are text: then a text that looks like JSON is one.</param>
    public static (FileKind Kind, FileFault? Fault) Decide(string path, ReadOnlySpan<byte> sample, bool textIsMeant = false)
    {
        var named = FileNames.KindOf(path) ?? FileKind.Json;
        var content = ContentOf(sample);
        if (named is FileKind.Parquet or FileKind.Zip or FileKind.Tar)
            return (named, content == NameOf(named) ? null : Mismatch(path, content ?? (sample.IsEmpty ? "empty" : "something else")));
        if (content is not null)
            return (named, Mismatch(path, content));
        if (TextEncodings.FaultOf(sample[..Math.Min(sample.Length, TextEncodings.Sample)]) is { } encoding)
            return (named, encoding);
        var text = (sample.StartsWith(TextEncodings.Utf8Mark) ? sample[TextEncodings.Utf8Mark.Length..] : sample).TrimStart(" \t\r\n"u8);
        return named switch
        {
            FileKind.Lines or FileKind.Json => DecideJson(path, named, text),
            FileKind.Text when !textIsMeant && TextSample.JsonIn(text, sample.Length < DataFile.SampleBytes) is { } json =>
                (named, Mismatch(path, $"{json}. Rename it, or say `format: text` in dataset.yaml where the JSON itself is to be learnt")),
            FileKind.CommaTable or FileKind.TabTable when text.StartsWith("{\""u8) || text.StartsWith("[{"u8) => (named, Mismatch(path, "JSON")),
            _ => (named, null),
        };
    }

    /// <summary>Whether bytes begin a tar archive.</summary>
    public static bool IsTar(ReadOnlySpan<byte> sample) => sample.Length >= TarHeader.Bytes && TarHeader.IsSound(sample[..TarHeader.Bytes]);

    private static string? ContentOf(ReadOnlySpan<byte> sample)
    {
        foreach (var (magic, name) in Binary)
        {
            if (sample.StartsWith(magic))
                return name;
        }
        return IsTar(sample) ? NameOf(FileKind.Tar) : null;
    }

    private static string NameOf(FileKind kind) => kind switch
    {
        FileKind.Parquet => "Parquet",
        FileKind.Zip => "a zip archive",
        _ => "a tar archive",
    };

    private static (FileKind, FileFault?) DecideJson(string path, FileKind named, ReadOnlySpan<byte> text)
    {
        if (text is [] || text[0] is not ((byte)'[' or (byte)'{') || !SpansLines(text, named))
            return (FileKind.Lines, null);
        if (text[0] == '{')
            return (FileKind.Lines, new("FILE_NOT_JSONL", "The file is one JSON object over several lines; one record a line, or an array of records, is expected."));
        return named == FileKind.Json ? (FileKind.Array, null) : (FileKind.Lines, Mismatch(path, "a JSON array"));
    }

    /// <summary>Whether the first value is the file's only one, or goes on behind its first line: then the file is a document, not lines.</summary>
    private static bool SpansLines(ReadOnlySpan<byte> text, FileKind named)
    {
        var newline = text.IndexOf((byte)'\n');
        var first = newline < 0 ? text.Length : newline;
        var reader = new Utf8JsonReader(text, isFinalBlock: false, new JsonReaderState(new() { MaxDepth = JsonLine.MaxDepth }));
        try
        {
            while (reader.Read())
            {
                if (reader.CurrentDepth == 0 && reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
                    return reader.BytesConsumed > first || (text[0] == '[' && text[(int)reader.BytesConsumed..].TrimStart(" \t\r\n"u8).IsEmpty);
            }
            // An object on one long line is a record; an array on one long line is a document.
            return text[0] == '[' || newline >= 0;
        }
        catch (JsonException)
        {
            // A broken array is still one, where the name or its first element says so; anything else that is broken is a broken line.
            return text[0] == '[' && (named == FileKind.Json || text[1..].TrimStart(" \t\r\n"u8) is [(byte)'{', ..]);
        }
    }

    private static FileFault Mismatch(string path, string content) => new("FILE_KIND_MISMATCH",
        FileNames.ExtensionOf(path) is { Length: > 0 } extension ? $"The file's name says {extension}; its content is {content}." : $"The file's name has no extension; its content is {content}.");
}
