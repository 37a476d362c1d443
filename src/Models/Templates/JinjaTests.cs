namespace Temper.Models;

/// <summary>What may stand after <c>is</c>.</summary>
internal static class JinjaTests
{
    /// <summary>Whether the value passes the test.</summary>
    public static bool Run(object? value, JinjaArguments args)
    {
        args.Run.Step(args.Line);
        if (args.Function is "lower" or "upper") args.Run.Read(value, args.Line);
        return Named(value, args);
    }

    private static bool Named(object? value, JinjaArguments args) => args.Function switch
    {
        "defined" => value is not JinjaUndefined,
        "undefined" => value is JinjaUndefined,
        "none" => value is null,
        "string" => value is string,
        "mapping" => value is OrderedDictionary<string, object?>,
        "sequence" or "iterable" => value is string or IReadOnlyList<object?> or OrderedDictionary<string, object?> or JinjaUndefined,
        "boolean" => value is bool,
        "true" => value is true,
        "false" => value is false,
        "number" => JinjaOperators.IsNumber(value),
        "integer" => value is long,
        "float" => value is double,
        "callable" => value is JinjaFunction,
        "odd" => value is long n && n % 2 != 0,
        "even" => value is long n && n % 2 == 0,
        "divisibleby" => value is long n && args.Whole(0, "num", 0) is not 0 and var by && n % by == 0,
        "lower" => value is string s && s.Any(char.IsLower) && !s.Any(char.IsUpper),
        "upper" => value is string s && s.Any(char.IsUpper) && !s.Any(char.IsLower),
        "eq" or "equalto" or "==" => args.Comparison.AreEqual(value, args.Get(0, "other")),
        "ne" or "!=" => !args.Comparison.AreEqual(value, args.Get(0, "other")),
        "lt" or "lessthan" or "<" => args.Comparison.Compare(value, args.Get(0, "other")) < 0,
        "le" or "<=" => args.Comparison.Compare(value, args.Get(0, "other")) <= 0,
        "gt" or "greaterthan" or ">" => args.Comparison.Compare(value, args.Get(0, "other")) > 0,
        "ge" or ">=" => args.Comparison.Compare(value, args.Get(0, "other")) >= 0,
        "in" => args.Comparison.Contains(args.Get(0, "seq"), value),
        "sameas" => ReferenceEquals(value, args.Get(0, "other")) || (value is bool or null or string or long && args.Comparison.AreEqual(value, args.Get(0, "other"))),
        _ => throw JinjaErrors.Unsupported(args.Line, $"test '{args.Function}'"),
    };
}
