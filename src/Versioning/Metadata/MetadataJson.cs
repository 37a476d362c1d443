using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using Temper.Core.Errors;

namespace Temper.Versioning.Metadata;

/// <summary>
/// JSON documents in the one spelling of RFC 8785: keys sorted by UTF-16 code units, numbers as ECMAScript writes doubles, minimal escapes. Equal
/// values are equal bytes, so a document that did not change has the id that it had.
/// </summary>
public static class MetadataJson
{
    /// <summary>Most bytes of a document.</summary>
    public const int LargestDocument = 4 << 20;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a document. Its numbers are in the canonical spelling afterwards, so that texts can be compared.</summary>
    /// <param name="text">UTF-8, with or without a byte order mark.</param>
    /// <param name="file">Named in the error.</param>
    /// <exception cref="TemperException">Code <c>metadata_invalid</c>: no JSON, a key twice, deeper than 64, half a character, a number that a double does not hold.</exception>
    public static JsonElement Parse(ReadOnlyMemory<byte> text, string file)
    {
        if (text.Length > LargestDocument)
            throw Invalid(file, $"it has {text.Length} bytes; a document has {LargestDocument} at most");
        if (text.Span.StartsWith("\uFEFF"u8))
            text = text[3..];
        try
        {
            using var parsed = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 64 });
            using var canonical = JsonDocument.Parse(Canonical(parsed.RootElement));
            return canonical.RootElement.Clone();
        }
        catch (Exception error) when (error is JsonException or FormatException or InvalidOperationException or EncoderFallbackException)
        {
            var line = error is JsonException { LineNumber: { } at } ? at + 1 : (long?)null;
            throw new TemperException([new("metadata_invalid", $"'{file}' is not a document that can be kept: {error.Message}") { File = file, Line = line }], error);
        }
    }

    /// <summary>The canonical bytes.</summary>
    /// <exception cref="FormatException">A number that a double does not hold exactly as a whole number, or at all.</exception>
    public static byte[] Canonical(JsonElement value) => Bytes(value, indent: -1);

    /// <summary>The same for people: indented, a line break at the end.</summary>
    public static byte[] Pretty(JsonElement value) => Bytes(value, indent: 0);

    /// <summary>A number as ECMAScript's <c>Number::toString</c> writes it.</summary>
    /// <exception cref="FormatException">It is infinite or none.</exception>
    public static string Number(double value)
    {
        if (!double.IsFinite(value))
            throw new FormatException("JSON has no number for infinity or none");
        if (value == 0)
            return "0";
        // The shortest digits that give the same double, and where the point stands behind them.
        var shortest = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture).Split('E');
        var point = shortest[0].IndexOf('.', StringComparison.Ordinal);
        var digits = shortest[0].Replace(".", "", StringComparison.Ordinal);
        var n = (point < 0 ? digits.Length : point) + (shortest.Length > 1 ? int.Parse(shortest[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : 0);
        var k = digits.TrimStart('0');
        return (value < 0 ? "-" : "") + Spelled(k.TrimEnd('0'), n - (digits.Length - k.Length));
    }

    private static string Spelled(string k, int n)
    {
        if (n is > 0 and <= 21)
            return k.Length <= n ? k + new string('0', n - k.Length) : $"{k[..n]}.{k[n..]}";
        if (n is > -6 and <= 0)
            return $"0.{new string('0', -n)}{k}";
        var exponent = (n - 1).ToString("+0;-0", CultureInfo.InvariantCulture);
        return k.Length == 1 ? $"{k}e{exponent}" : $"{k[..1]}.{k[1..]}e{exponent}";
    }

    private static byte[] Bytes(JsonElement value, int indent)
    {
        var text = new StringBuilder();
        Write(text, value, indent);
        return Utf8.GetBytes(indent < 0 ? text.ToString() : text.Append('\n').ToString());
    }

    private static void Write(StringBuilder text, JsonElement value, int indent)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                var members = value.EnumerateObject().OrderBy(p => p.Name, StringComparer.Ordinal).ToList();
                WriteAll(text, '{', '}', indent, members, (member, inner) =>
                {
                    Quote(text, member.Name);
                    text.Append(indent < 0 ? ":" : ": ");
                    Write(text, member.Value, inner);
                });
                break;
            case JsonValueKind.Array:
                WriteAll(text, '[', ']', indent, [.. value.EnumerateArray()], (item, inner) => Write(text, item, inner));
                break;
            case JsonValueKind.String:
                Quote(text, value.GetString()!);
                break;
            case JsonValueKind.Number:
                text.Append(Checked(value.GetRawText()));
                break;
            default:
                text.Append(value.GetRawText());
                break;
        }
    }

    private static void WriteAll<T>(StringBuilder text, char open, char close, int indent, List<T> items, Action<T, int> write)
    {
        text.Append(open);
        var inner = indent < 0 ? -1 : indent + 2;
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0)
                text.Append(',');
            if (inner > 0)
                text.Append('\n').Append(' ', inner);
            write(items[i], inner);
        }
        if (inner > 0 && items.Count > 0)
            text.Append('\n').Append(' ', indent);
        text.Append(close);
    }

    internal static void Quote(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var c in value)
            _ = c switch
            {
                '"' or '\\' => text.Append('\\').Append(c),
                '\b' => text.Append("\\b"),
                '\t' => text.Append("\\t"),
                '\n' => text.Append("\\n"),
                '\f' => text.Append("\\f"),
                '\r' => text.Append("\\r"),
                < ' ' => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => text.Append(c),
            };
        text.Append('"');
    }

    private static string Checked(string raw)
    {
        var value = double.Parse(raw, CultureInfo.InvariantCulture);
        if (!double.IsFinite(value) || raw.Length > 400)
            throw new FormatException($"the number {raw[..Math.Min(raw.Length, 40)]} is larger than a double holds");
        if (raw.All(c => char.IsAsciiDigit(c) || c == '-') && new BigInteger(value) != BigInteger.Parse(raw, CultureInfo.InvariantCulture))
            throw new FormatException($"the whole number {raw} would be rounded to {Number(value)}; keep it as a string");
        return Number(value);
    }

    private static TemperException Invalid(string file, string why) =>
        new([new("metadata_invalid", $"'{file}' is not a document that can be kept: {why}.") { File = file }]);
}
