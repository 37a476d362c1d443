using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Temper.Ingest;

/// <summary>Kinds of values that filters compare.</summary>
internal enum FilterKind
{
    Null,
    Bool,
    Number,
    Text,

    /// <summary>Objects, lists, NaN: equal to nothing.</summary>
    Other,
}

/// <summary>A value of a row, as filters see it.</summary>
internal readonly ref struct FilterValue
{
    public FilterKind Kind { get; private init; }

    /// <summary>Of a number what it is exactly, where 28 digits are enough.</summary>
    public decimal? Exact { get; private init; }

    /// <summary>Of a number the nearest double; of a boolean 0 or 1.</summary>
    public double Near { get; private init; }

    /// <summary>Of a text its UTF-8 bytes.</summary>
    public ReadOnlySpan<byte> Text { get; private init; }

    public static FilterValue OfText(ReadOnlySpan<byte> text) => new() { Kind = FilterKind.Text, Text = text };

    public static FilterValue OfBool(bool value) => new() { Kind = FilterKind.Bool, Near = value ? 1 : 0 };

    public static FilterValue OfNumber(decimal number) => new() { Kind = FilterKind.Number, Exact = number, Near = (double)number };

    /// <summary>A number as JSON writes it; NaN and what is not finite is <see cref="FilterKind.Other"/>.</summary>
    public static FilterValue OfNumber(ReadOnlySpan<byte> json)
    {
        if (!double.TryParse(json, NumberStyles.Float, CultureInfo.InvariantCulture, out var near) || !double.IsFinite(near))
            return new() { Kind = FilterKind.Other };
        // A decimal that had to be rounded, or to be cut to zero, is not exact.
        var isExact = Utf8Parser.TryParse(json, out decimal exact, out var used, json.ContainsAny((byte)'e', (byte)'E') ? 'e' : 'f') && used == json.Length
            && Digits(json) <= 28 && (double)exact == near;
        return new() { Kind = FilterKind.Number, Exact = isExact ? exact : null, Near = near };
    }

    public static FilterValue Of(FilterKind kind, decimal? exact, double near, ReadOnlySpan<byte> text) => new() { Kind = kind, Exact = exact, Near = near, Text = text };

    public static FilterValue Other => new() { Kind = FilterKind.Other };

    /// <summary>Order of two values; null when they cannot be compared.</summary>
    public static int? Compare(FilterValue left, FilterValue right)
    {
        if (left.Kind != right.Kind)
            return null;
        return left.Kind switch
        {
            FilterKind.Null => 0,
            FilterKind.Bool => left.Near.CompareTo(right.Near),
            FilterKind.Number => left.Exact is { } a && right.Exact is { } b ? a.CompareTo(b) : left.Near.CompareTo(right.Near),
            FilterKind.Text => left.Text.SequenceCompareTo(right.Text),
            _ => null,
        };
    }

    private static int Digits(ReadOnlySpan<byte> json)
    {
        var digits = 0;
        foreach (var b in json)
            digits += b is >= (byte)'0' and <= (byte)'9' ? 1 : 0;
        return digits;
    }
}

/// <summary>A value that a filter names.</summary>
internal sealed class FilterConstant
{
    private readonly byte[] _text = [];
    private readonly decimal? _exact;
    private readonly double _near;

    public FilterConstant(JsonElement value)
    {
        Kind = value.ValueKind switch
        {
            JsonValueKind.Null => FilterKind.Null,
            JsonValueKind.True or JsonValueKind.False => FilterKind.Bool,
            JsonValueKind.Number => FilterKind.Number,
            _ => FilterKind.Text,
        };
        if (Kind == FilterKind.Text)
            _text = Encoding.UTF8.GetBytes(value.GetString()!);
        if (Kind != FilterKind.Number)
            _near = value.ValueKind == JsonValueKind.True ? 1 : 0;
        else
        {
            var number = FilterValue.OfNumber(Encoding.UTF8.GetBytes(value.GetRawText()));
            (Kind, _exact, _near) = (number.Kind, number.Exact, number.Near);
        }
    }

    /// <summary>A text.</summary>
    public FilterConstant(byte[] text) => (Kind, _text) = (FilterKind.Text, text);

    public FilterKind Kind { get; }

    public FilterValue Value => FilterValue.Of(Kind, _exact, _near, _text);
}
