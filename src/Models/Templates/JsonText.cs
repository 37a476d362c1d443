using System.Globalization;
using System.Text;

namespace Temper.Models;

/// <summary>Template values as JSON with Python's separators and escapes.</summary>
internal sealed class JsonText(StringBuilder text, int indent, bool sortKeys, bool asciiAlone, string itemSeparator, string keySeparator)
{
    /// <summary>Appends a value at a depth of nesting.</summary>
    public void Write(object? value, int depth)
    {
        if (depth > 64) throw JinjaErrors.Limit(0, "tojson: a value nests more than 64 deep");
        if (text.Length > JinjaOperators.LargestValue) throw JinjaErrors.Limit(0, "tojson: a value is too large to be written");
        switch (value)
        {
            case null:
                text.Append("null");
                break;
            case bool flag:
                text.Append(flag ? "true" : "false");
                break;
            case long whole:
                text.Append(whole.ToString(CultureInfo.InvariantCulture));
                break;
            case double number:
                text.Append(double.IsNaN(number) ? "NaN" : double.IsInfinity(number) ? (number > 0 ? "Infinity" : "-Infinity") : JinjaText.Number(number));
                break;
            case string s:
                Quote(s);
                break;
            case IReadOnlyList<object?> items:
                Sequence('[', ']', items, depth, item => Write(item, depth + 1));
                break;
            case OrderedDictionary<string, object?> dict:
                Sequence<KeyValuePair<string, object?>>('{', '}', sortKeys ? dict.OrderBy(p => p.Key, StringComparer.Ordinal) : dict, depth, pair =>
                {
                    Quote(pair.Key);
                    text.Append(keySeparator);
                    Write(pair.Value, depth + 1);
                });
                break;
            default:
                throw JinjaErrors.Failed(0, $"tojson: a {JinjaText.TypeOf(value)} is not JSON");
        }
    }

    private void Sequence<T>(char open, char close, IEnumerable<T> items, int depth, Action<T> write)
    {
        text.Append(open);
        var first = true;
        foreach (var item in items)
        {
            if (!first) text.Append(itemSeparator);
            first = false;
            NewLine(depth + 1);
            write(item);
        }

        if (!first) NewLine(depth);
        text.Append(close);
    }

    private void NewLine(int depth)
    {
        if (indent >= 0) text.Append('\n').Append(' ', indent * depth);
    }

    private void Quote(string value)
    {
        text.Append('"');
        foreach (var c in value)
        {
            var known = "\"\\\n\r\t\b\f".IndexOf(c, StringComparison.Ordinal);
            if (known >= 0) text.Append('\\').Append("\"\\nrtbf"[known]);
            else if (c < ' ' || (asciiAlone && c > '~')) text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else text.Append(c);
        }

        text.Append('"');
    }
}
