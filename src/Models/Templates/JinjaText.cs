using System.Globalization;
using System.Text;

namespace Temper.Models;

/// <summary>Values as text, as Python writes them.</summary>
internal static class JinjaText
{
    /// <summary>Name of a value's type.</summary>
    public static string TypeOf(object? value) => value switch
    {
        null => "none",
        bool => "bool",
        long => "int",
        double => "float",
        string => "str",
        List<object?> => "list",
        object?[] => "tuple",
        OrderedDictionary<string, object?> => "dict",
        JinjaUndefined u => $"undefined ('{u.Name}')",
        JinjaNamespace => "namespace",
        _ => "function",
    };

    /// <summary>As <c>str()</c>.</summary>
    public static string Str(object? value) => value switch
    {
        string text => text,
        JinjaUndefined => "",
        _ => Repr(value),
    };

    /// <summary>As <c>repr()</c>.</summary>
    public static string Repr(object? value)
    {
        var text = new StringBuilder();
        Repr(value, text, 0);
        return text.ToString();
    }

    /// <summary>As <c>json.dumps(ensure_ascii=False)</c>; a negative <paramref name="indent"/> means one line.</summary>
    public static string Json(object? value, int indent = -1, bool sortKeys = false, bool asciiAlone = false, string? itemSeparator = null, string? keySeparator = null)
    {
        var text = new StringBuilder();
        new JsonText(text, indent, sortKeys, asciiAlone, itemSeparator ?? (indent < 0 ? ", " : ","), keySeparator ?? ": ").Write(value, 0);
        return text.ToString();
    }

    /// <summary>As Python's <c>repr(float)</c>.</summary>
    public static string Number(double value)
    {
        if (double.IsNaN(value)) return "nan";
        if (double.IsInfinity(value)) return value > 0 ? "inf" : "-inf";
        var (mantissa, written) = Digits(value.ToString("R", CultureInfo.InvariantCulture));
        var sign = double.IsNegative(value) ? "-" : "";
        if (written is >= 16 or < -4)
            return $"{sign}{mantissa[0]}{(mantissa.Length > 1 ? "." : "")}{mantissa[1..]}e{(written < 0 ? '-' : '+')}{Math.Abs(written):00}";
        if (written < 0) return $"{sign}0.{new string('0', -written - 1)}{mantissa}";
        if (mantissa.Length <= written + 1) return $"{sign}{mantissa}{new string('0', written + 1 - mantissa.Length)}.0";
        return $"{sign}{mantissa[..(written + 1)]}.{mantissa[(written + 1)..]}";
    }

    /// <summary>Digits without zeros at the ends, and the power of ten of the first.</summary>
    private static (string Digits, int Exponent) Digits(string number)
    {
        var parts = number.TrimStart('-').Split('E');
        var point = parts[0].IndexOf('.', StringComparison.Ordinal) is >= 0 and var at ? at : parts[0].Length;
        var digits = parts[0].Replace(".", "", StringComparison.Ordinal);
        var significant = digits.TrimStart('0');
        if (significant.Length == 0) return ("0", 0);
        var exponent = point - 1 - (digits.Length - significant.Length) + (parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0);
        return (significant.TrimEnd('0') is { Length: > 0 } kept ? kept : "0", exponent);
    }

    private static void Repr(object? value, StringBuilder text, int depth)
    {
        if (depth > 64) throw JinjaErrors.Limit(0, "a value nests more than 64 deep");
        if (text.Length > JinjaOperators.LargestValue) throw JinjaErrors.Limit(0, "a value is too large to be written");
        switch (value)
        {
            case null:
                text.Append("None");
                break;
            case bool flag:
                text.Append(flag ? "True" : "False");
                break;
            case long whole:
                text.Append(whole.ToString(CultureInfo.InvariantCulture));
                break;
            case double number:
                text.Append(Number(number));
                break;
            case string s:
                Quote(s, text);
                break;
            case List<object?> list:
                Items(list, "[", "]", text, depth);
                break;
            case object?[] tuple:
                Items(tuple, "(", tuple.Length == 1 ? ",)" : ")", text, depth);
                break;
            case OrderedDictionary<string, object?> dict:
                Dict(dict, text, depth);
                break;
            case JinjaUndefined:
                text.Append("Undefined");
                break;
            default:
                text.Append('<').Append(TypeOf(value)).Append('>');
                break;
        }
    }

    private static void Items(IReadOnlyList<object?> items, string open, string close, StringBuilder text, int depth)
    {
        text.Append(open);
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0) text.Append(", ");
            Repr(items[i], text, depth + 1);
        }

        text.Append(close);
    }

    private static void Dict(OrderedDictionary<string, object?> dict, StringBuilder text, int depth)
    {
        text.Append('{');
        var first = true;
        foreach (var (key, item) in dict)
        {
            if (!first) text.Append(", ");
            first = false;
            Quote(key, text);
            text.Append(": ");
            Repr(item, text, depth + 1);
        }

        text.Append('}');
    }

    private static void Quote(string value, StringBuilder text)
    {
        var quote = value.Contains('\'', StringComparison.Ordinal) && !value.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        text.Append(quote);
        foreach (var c in value)
        {
            if (c == quote || c == '\\') text.Append('\\').Append(c);
            else if (c == '\n') text.Append("\\n");
            else if (c == '\r') text.Append("\\r");
            else if (c == '\t') text.Append("\\t");
            else if (c < ' ' || c == 0x7F) text.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}");
            else if (IsPrinted(c)) text.Append(c);
            else text.Append(c < 0x100 ? "\\x" : "\\u").Append(((int)c).ToString(c < 0x100 ? "x2" : "x4", CultureInfo.InvariantCulture));
        }

        text.Append(quote);
    }

    /// <summary>Whether Python prints a character as it is; halves of pairs pass.</summary>
    private static bool IsPrinted(char c) => c == ' ' || char.IsSurrogate(c) || CharUnicodeInfo.GetUnicodeCategory(c) is not (UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
}
