using System.Text.Json;
using System.Text.Unicode;
using Temper.Core.Errors;

namespace Temper.Core.Safetensors;

/// <summary>The JSON header of a safetensors file, and every rule about it and the byte ranges it names.</summary>
public static class SafetensorsHeader
{
    /// <summary>Longest header that any reader of the format accepts.</summary>
    public const long MaximumBytes = 100_000_000;

    /// <summary>Parses a header and checks that its tensors tile a data area of <paramref name="dataBytes"/> exactly.</summary>
    public static (List<StoredTensor> Tensors, Dictionary<string, string> Metadata) Parse(byte[] header, long dataBytes, string file)
    {
        if (header.Length == 0 || header[0] != (byte)'{')
            throw Bad(file, "safetensors_header_invalid", "the header does not begin with '{'");
        if (!Utf8.IsValid(header)) throw Bad(file, "safetensors_header_invalid", "the header is not UTF-8");
        var tensors = new List<StoredTensor>();
        var metadata = new Dictionary<string, string>();
        try
        {
            ReadObject(header, file, tensors, metadata);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new TemperException([Problem(file, "safetensors_header_invalid", $"the header is not JSON of the right form: {e.Message}")], e);
        }

        CheckTiling(tensors, dataBytes, file);
        return (tensors, metadata);
    }

    /// <summary>Writes the entry of one tensor, whose bytes are [<paramref name="begin"/>, <paramref name="end"/>) of the data area.</summary>
    public static void WriteEntry(Utf8JsonWriter json, string name, StoredType type, IReadOnlyList<long> shape, long begin, long end)
    {
        json.WriteStartObject(name);
        json.WriteString("dtype", type.HeaderName());
        json.WriteStartArray("shape");
        foreach (var size in shape) json.WriteNumberValue(size);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(begin);
        json.WriteNumberValue(end);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void ReadObject(byte[] header, string file, List<StoredTensor> tensors, Dictionary<string, string> metadata)
    {
        var reader = new Utf8JsonReader(header);
        var names = new HashSet<string>();
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (!names.Add(name)) throw Bad(file, "safetensors_duplicate_name", $"'{name}' stands in the header twice");
            reader.Read();
            if (name == "__metadata__") ReadMetadata(ref reader, file, metadata);
            else tensors.Add(ReadEntry(ref reader, file, name));
        }

        while (reader.Read())
            throw Bad(file, "safetensors_header_invalid", "the header goes on after its closing brace");
    }

    private static void ReadMetadata(ref Utf8JsonReader reader, string file, Dictionary<string, string> metadata)
    {
        if (reader.TokenType != JsonTokenType.StartObject) throw Bad(file, "safetensors_header_invalid", "__metadata__ is not an object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String || !metadata.TryAdd(key, reader.GetString()!))
                throw Bad(file, "safetensors_header_invalid", $"__metadata__ '{key}' is not one string");
        }
    }

    private static StoredTensor ReadEntry(ref Utf8JsonReader reader, string file, string name)
    {
        string? type = null;
        List<long>? shape = null, offsets = null;
        if (reader.TokenType != JsonTokenType.StartObject) throw Bad(file, "safetensors_header_invalid", $"'{name}' is not an object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            var first = key switch { "dtype" => type is null, "shape" => shape is null, "data_offsets" => offsets is null, _ => false };
            if (!first) throw Bad(file, "safetensors_header_invalid", $"'{name}' has an unknown or repeated key '{key}'");
            if (key == "dtype") type = reader.GetString();
            else if (key == "shape") shape = ReadSizes(ref reader, file, name);
            else offsets = ReadSizes(ref reader, file, name);
        }

        if (type is null || shape is null || offsets is not [var begin, var end])
            throw Bad(file, "safetensors_header_invalid", $"'{name}' needs dtype, shape and two data_offsets");
        var stored = StoredTypes.FromHeaderName(type) ?? throw Bad(file, "safetensors_dtype_unknown", $"'{name}' has dtype '{type}'");
        CheckSize(file, name, stored, shape, begin, end);
        return new StoredTensor(name, stored, shape, begin, end);
    }

    private static List<long> ReadSizes(ref Utf8JsonReader reader, string file, string name)
    {
        if (reader.TokenType != JsonTokenType.StartArray) throw Bad(file, "safetensors_header_invalid", $"'{name}': shape and data_offsets are arrays");
        var sizes = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var size) || size < 0 || sizes.Count == 64)
                throw Bad(file, "safetensors_shape_invalid", $"'{name}' holds a size that is not a whole number from 0 to 2^63 - 1, or more than 64 of them");
            sizes.Add(size);
        }

        return sizes;
    }

    private static void CheckSize(string file, string name, StoredType type, List<long> shape, long begin, long end)
    {
        var bytes = (UInt128)type.Bytes();
        foreach (var size in shape)
        {
            bytes *= (ulong)size;
            if (bytes > long.MaxValue) throw Bad(file, "safetensors_shape_invalid", $"'{name}' [{string.Join(", ", shape)}] has more bytes than can be counted");
        }

        if (end < begin || (ulong)(end - begin) != bytes)
            throw Bad(file, "safetensors_size_mismatch", $"'{name}' [{string.Join(", ", shape)}] of {type.HeaderName()} takes {bytes} bytes, its range is {begin} to {end}");
    }

    private static void CheckTiling(List<StoredTensor> tensors, long dataBytes, string file)
    {
        tensors.Sort((a, b) => a.Begin != b.Begin ? a.Begin.CompareTo(b.Begin) : a.End.CompareTo(b.End));
        var at = 0L;
        foreach (var tensor in tensors)
        {
            if (tensor.Begin < at) throw Bad(file, "safetensors_overlap", $"'{tensor.Name}' begins at {tensor.Begin}, inside the tensor that ends at {at}");
            if (tensor.Begin > at) throw Bad(file, "safetensors_hole", $"bytes {at} to {tensor.Begin} before '{tensor.Name}' belong to no tensor");
            at = tensor.End;
        }

        if (at > dataBytes) throw Bad(file, "safetensors_truncated", $"the tensors end at byte {at} of the data, the file at {dataBytes}");
        if (at < dataBytes) throw Bad(file, "safetensors_hole", $"bytes {at} to {dataBytes} at the end belong to no tensor");
    }

    /// <summary>An error about <paramref name="file"/>.</summary>
    public static TemperException Bad(string file, string code, string what) => new([Problem(file, code, what)]);

    private static Problem Problem(string file, string code, string what) => new(code, $"Reading {Path.GetFileName(file)}: {what}.") { File = file };
}
