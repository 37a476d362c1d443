using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;

namespace Temper.Ingest;

/// <summary>
/// Writes values as JSON. Numbers are exact: decimals as they stand, floats in the shortest form that reads back to the same bits. What JSON cannot
/// say (NaN, infinities, dates outside the years 1 to 9999) becomes 1e999, which validation refuses with <c>REC_NUMBER_RANGE</c>; bytes of texts are
/// copied as they are, so that validation finds those that are no UTF-8.
/// </summary>
internal static class LeafJson
{
    private const int MostDecimalBytes = 32;
    private static readonly SearchValues<byte> Escaped = SearchValues.Create([.. Enumerable.Range(0, 32).Select(i => (byte)i), (byte)'"', (byte)'\\']);

    public static void Write(ByteBuffer target, LeafForm form, LeafType leaf, in ParquetValue value)
    {
        switch (form)
        {
            case LeafForm.Bool: target.Add(value.Number != 0 ? "true"u8 : "false"u8); break;
            case LeafForm.Int: target.Add(value.Number); break;
            case LeafForm.UInt: Number(target, unchecked(leaf.Type == PhysicalType.Int32 ? (uint)value.Number : (ulong)value.Number)); break;
            case LeafForm.Float: Real(target, BitConverter.Int32BitsToSingle((int)value.Number)); break;
            case LeafForm.Double: Real(target, BitConverter.Int64BitsToDouble(value.Number)); break;
            case LeafForm.Half: Real(target, BinaryPrimitives.ReadHalfLittleEndian(value.Bytes.Span)); break;
            case LeafForm.Decimal: Decimal(target, value.Number, leaf.Logical.Scale); break;
            case LeafForm.DecimalBytes: Decimal(target, Unscaled(leaf, value.Bytes.Span), leaf.Logical.Scale); break;
            case LeafForm.Text: Text(target, value.Bytes.Span); break;
            case LeafForm.Json: Json(target, value.Bytes.Span); break;
            case LeafForm.Uuid: Uuid(target, value.Bytes.Span); break;
            case LeafForm.Date: IsoTime.Date(target, value.Number); break;
            case LeafForm.Time: IsoTime.TimeOfDay(target, value.Number, leaf.Logical.Digits, leaf.Logical.Utc); break;
            case LeafForm.Timestamp: IsoTime.Timestamp(target, value.Number, leaf.Logical.Digits, leaf.Logical.Utc); break;
            case LeafForm.Int96: IsoTime.Int96(target, value.Bytes.Span); break;
            case LeafForm.Null: target.Add("null"u8); break;
            default: Base64Text(target, value.Bytes.Span); break;
        }
    }

    /// <summary>A string; its bytes are not checked.</summary>
    public static void Text(ByteBuffer target, ReadOnlySpan<byte> bytes)
    {
        target.Add((byte)'"');
        while (bytes.IndexOfAny(Escaped) is >= 0 and var at)
        {
            target.Add(bytes[..at]);
            var escaped = bytes[at];
            target.Add(escaped switch
            {
                (byte)'"' => "\\\""u8,
                (byte)'\\' => "\\\\"u8,
                (byte)'\n' => "\\n"u8,
                (byte)'\r' => "\\r"u8,
                (byte)'\t' => "\\t"u8,
                _ => "\\u00"u8,
            });
            if (escaped < 32 && escaped is not ((byte)'\n' or (byte)'\r' or (byte)'\t'))
                target.AddHex([escaped]);
            bytes = bytes[(at + 1)..];
        }
        target.Add(bytes);
        target.Add((byte)'"');
    }

    /// <summary>Says that there is no such number in JSON.</summary>
    public static void OutOfRange(ByteBuffer target) => target.Add("1e999"u8);

    /// <summary>The whole number that a decimal is stored as, high byte first.</summary>
    public static BigInteger Unscaled(LeafType leaf, ReadOnlySpan<byte> bytes) => bytes.Length is > 0 and <= MostDecimalBytes
        ? new(bytes, isBigEndian: true)
        : throw ParquetFault.Corrupt($"A decimal of column '{leaf.Path}' has {bytes.Length} bytes; 1 to {MostDecimalBytes} are possible.");

    private static void Number<T>(ByteBuffer target, T number) where T : IUtf8SpanFormattable
    {
        number.TryFormat(target.GetSpan(40), out var written, default, CultureInfo.InvariantCulture);
        target.Advance(written);
    }

    private static void Real<T>(ByteBuffer target, T number) where T : IFloatingPointIeee754<T>
    {
        if (T.IsFinite(number))
            Number(target, number);
        else
            target.Add(T.IsNegative(number) && !T.IsNaN(number) ? "-1e999"u8 : "1e999"u8);
    }

    private static void Decimal(ByteBuffer target, BigInteger unscaled, int scale)
    {
        var digits = BigInteger.Abs(unscaled).ToString(CultureInfo.InvariantCulture).PadLeft(scale + 1, '0');
        var text = scale == 0 ? digits : $"{digits[..^scale]}.{digits[^scale..]}";
        target.Add(Encoding.ASCII.GetBytes(unscaled.Sign < 0 ? "-" + text : text));
    }

    /// <summary>A JSON column's value is taken in as it is when it is one JSON value, else as the text that it is.</summary>
    private static void Json(ByteBuffer target, ReadOnlySpan<byte> bytes)
    {
        if (!IsJson(bytes))
        {
            Text(target, bytes);
            return;
        }
        // Line ends can only stand between values here; a row is one line.
        var span = target.GetSpan(bytes.Length);
        bytes.CopyTo(span);
        span[..bytes.Length].Replace((byte)'\n', (byte)' ');
        span[..bytes.Length].Replace((byte)'\r', (byte)' ');
        target.Advance(bytes.Length);
    }

    private static bool IsJson(ReadOnlySpan<byte> bytes)
    {
        var reader = new Utf8JsonReader(bytes);
        try
        {
            while (reader.Read())
                continue;
            return reader.BytesConsumed == bytes.Length && bytes.Length > 0;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static void Uuid(ByteBuffer target, ReadOnlySpan<byte> bytes)
    {
        target.Add((byte)'"');
        for (var i = 0; i < bytes.Length; i++)
        {
            if (i is 4 or 6 or 8 or 10)
                target.Add((byte)'-');
            target.AddHex(bytes.Slice(i, 1));
        }
        target.Add((byte)'"');
    }

    private static void Base64Text(ByteBuffer target, ReadOnlySpan<byte> bytes)
    {
        target.Add((byte)'"');
        Base64.EncodeToUtf8(bytes, target.GetSpan(Base64.GetMaxEncodedToUtf8Length(bytes.Length)), out _, out var written);
        target.Advance(written);
        target.Add((byte)'"');
    }
}
