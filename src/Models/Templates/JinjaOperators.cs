namespace Temper.Models;

/// <summary>Python's operators on template values.</summary>
internal static class JinjaOperators
{
    /// <summary>Largest string or list that an operator may make.</summary>
    public const int LargestValue = 10 << 20;

    /// <summary>Whether a value counts as true.</summary>
    public static bool IsTrue(object? value) => value switch
    {
        null or JinjaUndefined => false,
        bool flag => flag,
        long whole => whole != 0,
        double number => number != 0,
        string text => text.Length > 0,
        IReadOnlyCollection<object?> items => items.Count > 0,
        OrderedDictionary<string, object?> dict => dict.Count > 0,
        _ => true,
    };

    /// <summary>An arithmetic operator, or <c>~</c>.</summary>
    public static object? Apply(string op, object? a, object? b, int line)
    {
        if (op == "~") return Joined(JinjaText.Str(a), JinjaText.Str(b), line);
        if (op == "+" && a is string s && b is string t) return Joined(s, t, line);
        if (op == "+" && a is List<object?> x && b is List<object?> y) return Fits(x.Count + (long)y.Count, line, () => new List<object?>([.. x, .. y]));
        if (op == "+" && a is object?[] u && b is object?[] v) return Fits(u.Length + (long)v.Length, line, () => (object?[])[.. u, .. v]);
        if (op == "*" && a is string or List<object?> && b is long or bool) return Repeated(a!, ToLong(b), line);
        if (op == "*" && b is string or List<object?> && a is long or bool) return Repeated(b!, ToLong(a), line);
        if (!IsNumber(a) || !IsNumber(b)) throw JinjaErrors.Failed(line, $"'{op}' does not work on {JinjaText.TypeOf(a)} and {JinjaText.TypeOf(b)}");
        try
        {
            return a is double || b is double || op == "/" ? (object)OnDoubles(op, ToDouble(a), ToDouble(b), line) : OnLongs(op, ToLong(a), ToLong(b), line);
        }
        catch (OverflowException)
        {
            throw JinjaErrors.Limit(line, "a whole number leaves 64 bits");
        }
    }

    /// <summary>Whether a value is a number; booleans are.</summary>
    public static bool IsNumber(object? value) => value is long or double or bool;

    /// <summary>A number as f64.</summary>
    public static double ToDouble(object? value) => value is double number ? number : ToLong(value);

    /// <summary>A whole number or a boolean as i64.</summary>
    public static long ToLong(object? value) => value is bool flag ? (flag ? 1 : 0) : (long)value!;

    private static string Joined(string a, string b, int line) => Fits(a.Length + (long)b.Length, line, () => a + b);

    private static object Repeated(object value, long times, int line)
    {
        var count = Math.Max(0, times);
        var size = value is string s ? s.Length : ((List<object?>)value).Count;
        return Fits((long)Int128.Min((Int128)size * count, long.MaxValue), line, () =>
            value is string text ? (object)string.Concat(Enumerable.Repeat(text, (int)count)) : Enumerable.Repeat((List<object?>)value, (int)count).SelectMany(v => v).ToList());
    }

    private static T Fits<T>(long size, int line, Func<T> make) => size <= LargestValue ? make() : throw JinjaErrors.Limit(line, $"a value of {size} items is too large");

    // The casts keep a whole result whole: without them the arms would agree on f64.
    private static object OnLongs(string op, long a, long b, int line) => op switch
    {
        "+" => (object)checked(a + b),
        "-" => checked(a - b),
        "*" => checked(a * b),
        "//" => b == 0 ? throw JinjaErrors.Failed(line, "division by zero") : checked(a / b - (a % b != 0 && a < 0 != b < 0 ? 1 : 0)),
        "%" => b == 0 ? throw JinjaErrors.Failed(line, "division by zero") : b == -1 ? 0L : (a % b + b) % b,
        _ => b < 0 ? (object)Math.Pow(a, b) : Power(a, b),
    };

    private static long Power(long a, long b)
    {
        var result = 1L;
        if (a is 0 or 1 || b == 0) return b == 0 ? 1 : a;
        if (a == -1) return b % 2 == 0 ? 1 : -1;
        for (var i = 0L; i < b; i++) result = checked(result * a);
        return result;
    }

    private static double OnDoubles(string op, double a, double b, int line)
    {
        if (op is "/" or "//" or "%" && b == 0) throw JinjaErrors.Failed(line, "division by zero");
        return op switch
        {
            "+" => a + b,
            "-" => a - b,
            "*" => a * b,
            "/" => a / b,
            "//" => Math.Floor(a / b),
            "%" => a - b * Math.Floor(a / b),
            _ => Math.Pow(a, b),
        };
    }
}
