using System.Text;
using System.Text.Json;
using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>
/// Lines of JSON that a query keeps, with the columns that it names. A line that is no JSON object is kept as it is: validation sets it aside, where
/// people see it. What stays of a line keeps its spelling.
/// </summary>
internal sealed class JsonRowStream : RowStream
{
    private readonly Stream _source;
    private readonly PackedStream? _packed;
    private readonly LineReader _lines;
    private readonly RowQuery _query;
    private readonly List<(string[] Path, ValueRule Rule)> _rules;
    private readonly string _name;

    /// <param name="source">The file; it goes with the stream.</param>
    /// <param name="name">For messages.</param>
    /// <param name="query">What stays.</param>
    /// <param name="offset">Bytes of the result to pass over.</param>
    /// <param name="longest">Bytes of a line; a longer one is cut there, and is too long for validation too.</param>
    public JsonRowStream(Stream source, string name, RowQuery query, long offset, int longest)
        : base(offset)
    {
        _packed = FileNames.PackingOf(name) is not Packing.None and var packing ? PackedStream.Open(source, packing) : null;
        (_source, _name, _query) = (_packed ?? source, name, query);
        _lines = new(_source, longest, 0, 0);
        _rules = [.. query.Filters.Select(filter => (filter.Column.Split('.'), new ValueRule(filter.Operator, [.. filter.Values.Select(value => new FilterConstant(value))])))];
    }

    protected override async ValueTask<bool> NextAsync(ByteBuffer line, CancellationToken ct)
    {
        do
        {
            while (_lines.TryRead(out var row))
            {
                if (Keep(row, line))
                    return true;
            }
        }
        while (await _lines.FillAsync(ct).ConfigureAwait(false));
        if ((_lines.Fault ?? _packed?.Fault) is { } fault)
            throw new TemperException([new Problem(fault.Code, $"'{_name}': {fault.Message}") { File = _name }]);
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _source.Dispose();
        base.Dispose(disposing);
    }

    private bool Keep(Line row, ByteBuffer line)
    {
        if (row.TooLong || !TryParse(row.Bytes, out var document))
        {
            line.Add(row.Bytes);
            return true;
        }
        using (document)
        {
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                foreach (var (path, rule) in _rules)
                {
                    if (!Holds(document.RootElement, path, rule))
                        return false;
                }
                if (_query.Columns is { } columns)
                {
                    Project(document.RootElement, columns, line);
                    return true;
                }
            }
        }
        line.Add(row.Bytes);
        return true;
    }

    private static bool TryParse(ReadOnlySpan<byte> bytes, out JsonDocument document)
    {
        document = null!;
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = JsonLine.MaxDepth });
        try
        {
            return System.Text.Unicode.Utf8.IsValid(bytes) && JsonDocument.TryParseValue(ref reader, out document!) && reader.BytesConsumed == bytes.Length;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool Holds(JsonElement row, string[] path, ValueRule rule)
    {
        foreach (var name in path)
        {
            if (row.ValueKind != JsonValueKind.Object || !row.TryGetProperty(name, out row))
                return rule.HoldsNull;
        }
        try
        {
            return row.ValueKind switch
            {
                JsonValueKind.Null => rule.HoldsNull,
                JsonValueKind.True or JsonValueKind.False => rule.Holds(FilterValue.OfBool(row.ValueKind == JsonValueKind.True)),
                JsonValueKind.Number => rule.Holds(FilterValue.OfNumber(Encoding.UTF8.GetBytes(row.GetRawText()))),
                JsonValueKind.String => rule.Holds(FilterValue.OfText(Encoding.UTF8.GetBytes(row.GetString()!))),
                _ => rule.Holds(FilterValue.Other),
            };
        }
        catch (InvalidOperationException)
        {
            // Half of a character: the row is validation's to refuse.
            return true;
        }
    }

    private static void Project(JsonElement row, IReadOnlyList<string> columns, ByteBuffer line)
    {
        line.Add((byte)'{');
        var any = false;
        foreach (var column in columns)
        {
            if (!row.TryGetProperty(column, out var value))
                continue;
            if (any)
                line.Add((byte)',');
            any = true;
            LeafJson.Text(line, Encoding.UTF8.GetBytes(column));
            line.Add((byte)':');
            line.Add(Encoding.UTF8.GetBytes(value.GetRawText()));
        }
        line.Add((byte)'}');
    }
}
