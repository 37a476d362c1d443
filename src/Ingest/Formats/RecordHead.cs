using System.Globalization;
using System.Text.Json;

namespace Temper.Ingest;

/// <summary>What stands in front of a canonical record's content.</summary>
/// <param name="Id">First half of the record's id.</param>
/// <param name="Line">Line of its file.</param>
internal readonly record struct RecordHead(UInt128 Id, long Line)
{
    /// <summary>Reads the head of a line that <see cref="RecordWriter"/> wrote.</summary>
    public static RecordHead Read(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        Advance(ref reader, 3);
        var id = UInt128.Parse(reader.ValueSpan[..32], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        Advance(ref reader, 6);
        return new(id, reader.GetInt64());
    }

    /// <summary>The whole id, as 64 hex digits.</summary>
    public static string FullId(ReadOnlySpan<byte> body) => System.Text.Encoding.ASCII.GetString(body.Slice("{\"rec_id\":\"".Length, 64));

    /// <summary>File that the record was read from.</summary>
    public static string FileOf(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        Advance(ref reader, 7);
        return reader.GetString()!;
    }

    private static void Advance(ref Utf8JsonReader reader, int tokens)
    {
        for (var i = 0; i < tokens; i++)
            reader.Read();
    }
}
