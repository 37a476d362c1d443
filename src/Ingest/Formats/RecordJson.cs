using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Temper.Ingest;

/// <summary>
/// Writes JSON in the one spelling that record ids are made of: what Utf8JsonWriter writes with <see cref="JavaScriptEncoder.UnsafeRelaxedJsonEscaping"/> and
/// without white space, but with runs of plain ASCII copied as they are, which is most of any dataset.
/// </summary>
internal sealed class RecordJson(ByteBuffer output)
{
    private static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
    private static readonly SearchValues<byte> Plain = SearchValues.Create([.. Enumerable.Range(0x20, 0x5F).Select(b => (byte)b).Where(b => b is not ((byte)'"' or (byte)'\\'))]);
    private bool _follows;

    /// <summary>Begins anew; the output is the caller's to clear.</summary>
    public void Reset() => _follows = false;

    public void WriteStartObject() => Open((byte)'{');

    public void WriteEndObject() => Close((byte)'}');

    public void WriteStartArray(JsonEncodedText name)
    {
        WriteName(name);
        Open((byte)'[');
    }

    public void WriteEndArray() => Close((byte)']');

    public void WriteString(JsonEncodedText name, JsonEncodedText value)
    {
        WriteName(name);
        output.Add((byte)'"');
        output.Add(value.EncodedUtf8Bytes);
        output.Add((byte)'"');
        _follows = true;
    }

    /// <summary>A member whose value is UTF-8 text.</summary>
    public void WriteString(JsonEncodedText name, ReadOnlySpan<byte> text)
    {
        WriteName(name);
        WriteText(text);
    }

    public void WriteStringValue(ReadOnlySpan<byte> text)
    {
        Separate();
        WriteText(text);
    }

    public void WriteBoolean(JsonEncodedText name, bool value)
    {
        WriteName(name);
        output.Add(value ? "true"u8 : "false"u8);
        _follows = true;
    }

    public void WriteNumber(JsonEncodedText name, long value)
    {
        WriteName(name);
        output.Add(value);
        _follows = true;
    }

    private void WriteName(JsonEncodedText name)
    {
        Separate();
        output.Add((byte)'"');
        output.Add(name.EncodedUtf8Bytes);
        output.Add("\":"u8);
    }

    private void WriteText(ReadOnlySpan<byte> text)
    {
        output.Add((byte)'"');
        while (!text.IsEmpty)
        {
            var plain = text.IndexOfAnyExcept(Plain);
            output.Add(plain < 0 ? text : text[..plain]);
            if (plain < 0)
                break;
            text = text[plain..];
            // A run of anything else ends before a plain byte, so no character is cut.
            var run = text.IndexOfAny(Plain) is > 0 and var end ? end : text.Length;
            WriteEscaped(text[..run]);
            text = text[run..];
        }
        output.Add((byte)'"');
        _follows = true;
    }

    private void WriteEscaped(ReadOnlySpan<byte> run)
    {
        while (!run.IsEmpty)
        {
            Encoder.EncodeUtf8(run, output.GetSpan(run.Length * 6), out var read, out var written);
            output.Advance(written);
            run = run[read..];
        }
    }

    private void Open(byte bracket)
    {
        Separate();
        output.Add(bracket);
        _follows = false;
    }

    private void Close(byte bracket)
    {
        output.Add(bracket);
        _follows = true;
    }

    private void Separate()
    {
        if (_follows)
            output.Add((byte)',');
        _follows = false;
    }
}
