using System.Text;
using System.Text.Unicode;

namespace Temper.Ingest;

/// <summary>The columns of a table, and rows as objects by them.</summary>
internal sealed class CsvHeader
{
    private readonly byte[][] _keys;
    private readonly byte _delimiter;

    private CsvHeader(byte[][] keys, byte delimiter) => (_keys, _delimiter) = (keys, delimiter);

    /// <summary>Reads a header; not null when no row under it could be trusted.</summary>
    public static FileFault? Read(ReadOnlySpan<byte> row, byte delimiter, DatasetConfig config, out CsvHeader? header)
    {
        header = null;
        if (!Utf8.IsValid(row))
            return new("FILE_ENCODING", $"Byte {TextEncodings.FirstInvalid(row)} of the header is not UTF-8.");
        var fields = new RowFields(row, delimiter);
        var (names, keys, value) = (new List<string>(), new List<byte[]>(), new ByteBuffer(64));
        while (fields.Next())
        {
            value.Clear();
            value.Add(keys.Count == 0 ? "{"u8 : ","u8);
            JsonEscape.Add(fields.Value, fields.Doubled, value);
            value.Add((byte)':');
            keys.Add(value.Written.ToArray());
            names.Add(Encoding.UTF8.GetString(fields.Value));
        }
        if (fields.Broken)
            return new("FILE_COLUMNS", $"In the header, something stands behind a closing quote.{OtherSeparator(row, delimiter)}");
        if (names.Count == 1 && !config.Columns.ContainsValue(names[0]) && OtherSeparator(row, delimiter) is { Length: > 0 } separator)
            return new("FILE_COLUMNS", $"The header is one field, '{Shown(names[0])}'.{separator}");
        if (names.GroupBy(n => n, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            return new("FILE_COLUMNS", $"The header has the column '{Shown(twice.Key)}' {twice.Count()} times.");
        var read = new CsvHeader([.. keys], delimiter);
        header = read;
        if (config.Format is RecordFormat.Auto or RecordFormat.AutoPerRecord or RecordFormat.Image || FormatReader.For(config.Format, config) is var reader && read.Fits(reader))
            return null;
        var needed = Needed(config);
        return new("FILE_COLUMNS", $"The header ({Shown(string.Join(", ", names))}) lacks what records of the format {AnyFormat.NameOf(config.Format)} need, as strings{(needed.Length > 0 ? $": {needed}; other names are mapped under `columns`" : "; it is none for tables, use JSON lines")}.");
    }

    /// <summary>Writes a row as an object; not null when it is not as the header says.</summary>
    public RecordFault? Write(ReadOnlySpan<byte> row, ByteBuffer json)
    {
        json.Clear();
        var fields = new RowFields(row, _delimiter);
        var count = 0;
        while (fields.Next())
        {
            if (count < _keys.Length)
            {
                json.Add(_keys[count]);
                JsonEscape.Add(fields.Value, fields.Doubled, json);
            }
            count++;
        }
        json.Add((byte)'}');
        if (fields.Broken)
            return new("REC_QUOTES", $"In field {count + 1}, something stands behind a closing quote; a quote inside of a quoted field is written twice.");
        return count == _keys.Length ? null : new("REC_COLUMNS", $"The row has {count} fields; the header has {_keys.Length}.");
    }

    /// <summary>What is said where another character than the delimiter seems to separate the fields; else nothing.</summary>
    private static string OtherSeparator(ReadOnlySpan<byte> header, byte delimiter)
    {
        foreach (var (other, name, place) in ((byte, string, string)[])[((byte)';', "semicolons", ""), ((byte)'\t', "tabs", ", or name the file .tsv"), ((byte)'|', "bars", ""), ((byte)',', "commas", ", or name the file .csv")])
        {
            if (other != delimiter && header.Contains(other) && !header.Contains(delimiter))
                return $" Its fields seem to be separated by {name}; a {(delimiter == ',' ? ".csv has commas" : ".tsv has tabs")}: export the table with those{place}.";
        }
        return "";
    }

    /// <summary>Columns that a format needs, by the names that the configuration gives them; empty where rows of strings cannot be such records.</summary>
    private static string Needed(DatasetConfig config)
    {
        string[] names = config.Format switch
        {
            RecordFormat.Text => ["text"],
            RecordFormat.PromptCompletion => ["prompt", "completion"],
            RecordFormat.Classification => ["text", "label"],
            RecordFormat.Instruction => ["instruction", "output"],
            RecordFormat.InputOutput => ["input", "output"],
            RecordFormat.Preference => ["chosen", "rejected"],
            _ => [],
        };
        return string.Join(", ", names.Select(name => config.Columns.GetValueOrDefault(name, name)));
    }

    /// <summary>Whether a row of texts would be a record of a format.</summary>
    public bool Fits(FormatReader reader)
    {
        var row = new ByteBuffer(256);
        foreach (var key in _keys)
        {
            row.Add(key);
            row.Add("\"x\""u8);
        }
        row.Add((byte)'}');
        var json = new JsonLine();
        return json.Read(row.Written) is null && reader.Fits(json, row.Written);
    }

    private static string Shown(string name) => Excerpts.Of(Encoding.UTF8.GetBytes(name), 100);
}
