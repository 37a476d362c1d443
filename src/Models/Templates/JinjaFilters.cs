using System.Globalization;

namespace Temper.Models;

/// <summary>Filters on single values; <see cref="JinjaListFilters"/> has those on sequences.</summary>
internal static class JinjaFilters
{
    /// <summary>value|name(args).</summary>
    public static object? Run(object? value, JinjaArguments args)
    {
        args.Run.Step(args.Line);
        args.Run.Read(value, args.Line);
        return Named(value, args);
    }

    private static object? Named(object? value, JinjaArguments args) => args.Function switch
    {
        "trim" => JinjaStringMethods.Strip(JinjaText.Str(value), args.Get(0, "chars") as string, left: true, right: true),
        "string" => JinjaText.Str(value),
        "safe" => value,
        "lower" => JinjaCharacters.Lower(JinjaText.Str(value)),
        "upper" => JinjaCharacters.Upper(JinjaText.Str(value)),
        "capitalize" => JinjaStringMethods.Capitalize(JinjaText.Str(value)),
        "title" => JinjaCharacters.Title(JinjaText.Str(value)),
        "replace" => JinjaStringMethods.Replace(JinjaText.Str(value), args.Text(0, "old"), args.Text(1, "new"), args.Whole(2, "count", -1), args.Line),
        "indent" => Indent(JinjaText.Str(value), args),
        "escape" or "e" => JinjaText.Str(value).Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal)
            .Replace(">", "&gt;", StringComparison.Ordinal).Replace("'", "&#39;", StringComparison.Ordinal).Replace("\"", "&#34;", StringComparison.Ordinal),
        "default" or "d" => value is JinjaUndefined || (JinjaOperators.IsTrue(args.Get(1, "boolean", false)) && !JinjaOperators.IsTrue(value)) ? args.Get(0, "default_value", "") : value,
        "int" => ToInt(value, args),
        "float" => ToFloat(value, args),
        "abs" => value is double number ? (object)Math.Abs(number) : value is long whole and > long.MinValue ? Math.Abs(whole) : throw JinjaErrors.Failed(args.Line, $"abs needs a number, not {JinjaText.TypeOf(value)}"),
        "round" => Round(value, args),
        "tojson" => Json(value, args),
        _ => JinjaListFilters.Run(value, args),
    };

    private static double Round(object? value, JinjaArguments args)
    {
        if (!JinjaOperators.IsNumber(value)) throw JinjaErrors.Failed(args.Line, $"round needs a number, not {JinjaText.TypeOf(value)}");
        var (number, digits, method) = (JinjaOperators.ToDouble(value), (int)Math.Clamp(args.Whole(0, "precision", 0), 0, 15), args.Get(1, "method", "common") as string);
        return method switch
        {
            "common" => Math.Round(number, digits, MidpointRounding.ToEven),
            "floor" => Math.Floor(number * Math.Pow(10, digits)) / Math.Pow(10, digits),
            "ceil" => Math.Ceiling(number * Math.Pow(10, digits)) / Math.Pow(10, digits),
            _ => throw JinjaErrors.Failed(args.Line, $"round knows the methods common, ceil and floor, not '{method}'"),
        };
    }

    private static string Json(object? value, JinjaArguments args)
    {
        var separators = args.Get(2, "separators") switch
        {
            null => null,
            IReadOnlyList<object?> and [string between, string after] => new[] { between, after },
            var other => throw JinjaErrors.Failed(args.Line, $"tojson needs two strings for 'separators', not {JinjaText.TypeOf(other)}"),
        };
        return JinjaText.Json(value, args.Get(1, "indent") is long indent ? (int)Math.Clamp(indent, 0, 32) : -1, JinjaOperators.IsTrue(args.Get(3, "sort_keys", false)), JinjaOperators.IsTrue(args.Get(0, "ensure_ascii", false)),
            separators?[0], separators?[1]);
    }

    private static object? ToInt(object? value, JinjaArguments args) => value switch
    {
        long or bool => value is bool flag ? (flag ? 1L : 0L) : value,
        double number when double.IsFinite(number) && Math.Abs(number) < 9e18 => (long)number,
        string text when long.TryParse(text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => whole,
        string text when double.TryParse(text.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && Math.Abs(number) < 9e18 => (long)number,
        _ => args.Get(0, "default", 0L),
    };

    private static object? ToFloat(object? value, JinjaArguments args) => value switch
    {
        long or double or bool => JinjaOperators.ToDouble(value),
        string text when double.TryParse(text.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
        _ => args.Get(0, "default", 0.0),
    };

    private static string Indent(string text, JinjaArguments args)
    {
        var prefix = args.Get(0, "width", 4L) is string given ? given : new string(' ', (int)Math.Clamp(args.Whole(0, "width", 4), 0, 1000));
        var blank = JinjaOperators.IsTrue(args.Get(2, "blank", false));
        var lines = text.Split('\n');
        if (text.Length + (long)lines.Length * prefix.Length > JinjaOperators.LargestValue) throw JinjaErrors.Limit(args.Line, "indent makes a text that is too large");
        return string.Join('\n', lines.Select((line, i) => (i > 0 && (blank || line.Length > 0)) || (i == 0 && JinjaOperators.IsTrue(args.Get(1, "first", false))) ? prefix + line : line));
    }
}
