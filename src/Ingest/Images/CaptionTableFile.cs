using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>Captions from a table of the upload (CSV, JSON lines, Parquet): image by name, in whatever way the table spells names.</summary>
internal sealed class CaptionTableFile
{
    private const int MostRows = 5_000_000, MostMessages = 10_000;
    private static readonly RecordFault Unusable = new("REC_INVALID_JSON", "The row cannot be used.");
    private static readonly string[] DefaultNames = ["metadata.csv", "metadata.jsonl", "metadata.parquet", "captions.csv", "captions.jsonl", "captions.parquet"];
    private static readonly string[] NameColumns = ["file_name", "filename", "path", "image", "id"];
    private static readonly string[] CaptionColumns = ["caption", "text", "description"];

    private readonly Dictionary<string, NamedRows> _captions = new(StringComparer.Ordinal);
    private readonly List<Problem> _problems = [];
    private readonly List<CaptionRow> _unread = [];

    /// <summary>Why the table as a whole cannot be trusted.</summary>
    public IReadOnlyList<Problem> Problems => _problems;

    /// <summary>Whether a file at the root is a table of captions that needs no naming.</summary>
    public static bool IsDefault(string path) => DefaultNames.Contains(path);

    /// <summary>Reads a table whole.</summary>
    public static async Task<CaptionTableFile> ReadAsync(IBlobStore blobs, UploadedFile file, DatasetConfig config, CancellationToken ct)
    {
        var (table, columns) = (new CaptionTableFile(), config.Image!.Table);
        await using var opener = new RowOpener(blobs, config);
        await using var rows = await opener.OpenAsync(new(file.Path, file), 0, 0, ct).ConfigureAwait(false);
        do
        {
            while (rows.TryRead(out var row))
                table.Take(row, columns);
        } while (rows.RowsRead < MostRows && await rows.FillAsync(ct).ConfigureAwait(false));
        if (rows.RowsRead >= MostRows)
            table._problems.Add(new("FILE_UNSUPPORTED", $"'{file.Path}' has {MostRows} rows or more; a table of captions may have fewer.") { File = file.Path });
        if (rows.Fault is { } fault)
            table._problems.Add(new(fault.Code, $"'{file.Path}': {fault.Message}") { File = file.Path });
        return table;
    }

    /// <summary>Captions of an image: of its path, its path without ending, its name, or its name without ending, whichever the table has first; null for none.</summary>
    public IReadOnlyList<string>? Of(string path)
    {
        var name = path[(path.LastIndexOf('/') + 1)..];
        foreach (var key in (string[])[path, ImageUpload.Stem(path), name, ImageUpload.Stem(name)])
        {
            if (!_captions.TryGetValue(key, out var rows))
                continue;
            rows.Used = true;
            return rows.Captions;
        }
        return null;
    }

    /// <summary>Rows that name no image of the upload, or none at all. By row.</summary>
    public IReadOnlyList<CaptionRow> Unused() => [.. _unread.Concat(_captions.Where(c => !c.Value.Used).SelectMany(c => c.Value.Rows.Select(row => new CaptionRow(row, c.Key)))).OrderBy(r => r.Row)];

    private void Take(in Line row, CaptionTable? columns)
    {
        if (row.Fault is null && row.Bytes.TrimStart(" \t\r"u8).IsEmpty)
            return;
        try
        {
            if (row.Fault is { } fault)
                throw new JsonException(fault.Message);
            var reader = new Utf8JsonReader(row.Bytes);
            using var json = JsonDocument.ParseValue(ref reader);
            var names = columns is null ? NameColumns : [columns.FilenameColumn];
            var name = Text(json.RootElement, names) ?? throw new JsonException($"none of the columns {string.Join(", ", names)} names an image");
            var found = columns is null ? [Text(json.RootElement, CaptionColumns)] : columns.CaptionColumns.Select(c => Text(json.RootElement, [c]));
            List<string> captions = [.. found.OfType<string>().Where(c => !string.IsNullOrWhiteSpace(c))];
            if (captions.Count == 0 && columns?.FallbackCaptionColumn is { } fallback && Text(json.RootElement, [fallback]) is { } other)
                captions.Add(other);
            if (!_captions.TryGetValue(name, out var known))
                _captions[name] = known = new();
            known.Captions.AddRange(captions);
            known.Rows.Add(row.Number);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Of very many, one message for all: a table of nothing else must not fill the memory.
            _unread.Add(new(row.Number, "") { Fault = _unread.Count >= MostMessages ? Unusable : row.Fault ?? new("REC_INVALID_JSON", $"The row cannot be used: {e.Message}") });
        }
    }

    /// <summary>What the table says of one name.</summary>
    private sealed class NamedRows
    {
        public List<string> Captions { get; } = [];

        public List<long> Rows { get; } = [];

        public bool Used { get; set; }
    }

    private static string? Text(JsonElement row, string[] columns)
    {
        foreach (var column in columns)
        {
            if (row.ValueKind == JsonValueKind.Object && row.TryGetProperty(column, out var value) && value.ValueKind is JsonValueKind.String or JsonValueKind.Number)
                return value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText();
        }
        return null;
    }
}

/// <summary>A row of a table of captions.</summary>
/// <param name="Row">Its number.</param>
/// <param name="Name">The image that it names; empty where it names none.</param>
internal sealed record CaptionRow(long Row, string Name)
{
    /// <summary>Why it names none.</summary>
    public RecordFault? Fault { get; init; }
}
