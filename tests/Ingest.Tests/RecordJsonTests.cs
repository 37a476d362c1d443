using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Temper.Tensors;

namespace Temper.Ingest.Tests;

/// <summary>The spelling that record ids are made of is the platform's, byte for byte.</summary>
public sealed class RecordJsonTests
{
    private static readonly JsonEncodedText Name = JsonEncodedText.Encode("name"), List = JsonEncodedText.Encode("list");

    [Fact]
    public void Any_text_is_spelt_as_the_platforms_writer_spells_it()
    {
        var buffer = new ByteBuffer(16);
        var json = new RecordJson(buffer);
        for (uint i = 0; i < 4000; i++)
        {
            var text = Encoding.UTF8.GetBytes(Text(i));
            buffer.Clear();
            json.Reset();
            json.WriteStartObject();
            json.WriteString(Name, text);
            json.WriteStartArray(List);
            json.WriteStringValue(text);
            json.WriteStartObject();
            json.WriteEndObject();
            json.WriteStringValue(text);
            json.WriteEndArray();
            json.WriteBoolean(Name, i % 2 == 0);
            json.WriteNumber(Name, i);
            json.WriteString(Name, List);
            json.WriteEndObject();
            Assert.Equal(Encoding.UTF8.GetString(Expected(text, i)), Encoding.UTF8.GetString(buffer.Written));
        }
    }

    private static byte[] Expected(byte[] text, uint i)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true }))
        {
            json.WriteStartObject();
            json.WriteString(Name, text);
            json.WriteStartArray(List);
            json.WriteStringValue(text);
            json.WriteStartObject();
            json.WriteEndObject();
            json.WriteStringValue(text);
            json.WriteEndArray();
            json.WriteBoolean(Name, i % 2 == 0);
            json.WriteNumber(Name, i);
            json.WriteString(Name, List);
            json.WriteEndObject();
        }
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Plain words, and every kind of character that has a spelling of its own.</summary>
    private static string Text(uint seed)
    {
        var key = new RandomKey(Seed: 5, Stream: 7, Site: seed);
        var numbers = new float[40];
        Philox.FillUniform(key, numbers);
        var text = new StringBuilder();
        foreach (var number in numbers.Take((int)(numbers[0] * 40)))
        {
            var pick = (int)(number * 4096);
            text.Append((pick % 8) switch
            {
                0 or 1 or 2 => "the box is green ",
                3 => ((char)(pick / 8 % 0x80)).ToString(),
                4 => char.ConvertFromUtf32(0xA0 + pick),
                5 => char.ConvertFromUtf32(0x1F300 + pick % 700),
                6 => char.ConvertFromUtf32(0xE000 + pick % 0x1FFD),
                _ => char.ConvertFromUtf32(0x2020 + pick % 64),
            });
        }
        return text.ToString();
    }
}
