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
            return new("FILE_COLUMNS", "In the header, something stands behind a closing quote.");
        if (names.GroupBy(n => n, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            return new("FILE_COLUMNS", $"The header has the column '{Shown(twice.Key)}' {twice.Count()} times.");
        var read = new CsvHeader([.. keys], delimiter);
        if (config.Format is not (RecordFormat.Auto or RecordFormat.AutoPerRecord or RecordFormat.Image) && !read.Fits(config))
            return new("FILE_COLUMNS", $"The header ({Shown(string.Join(", ", names))}) lacks what records of this format need, as strings.");
        header = read;
        return null;
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

    /// <summary>Whether a row of texts would be a record of the format.</summary>
    private bool Fits(DatasetConfig config)
    {
        var row = new ByteBuffer(256);
        foreach (var key in _keys)
        {
            row.Add(key);
            row.Add("\"x\""u8);
        }
        row.Add((byte)'}');
        var json = new JsonLine();
        return json.Read(row.Written) is null && FormatReader.For(config.Format, config).Fits(json, row.Written);
    }

    private static string Shown(string name) => Excerpts.Of(Encoding.UTF8.GetBytes(name), 100);
}
