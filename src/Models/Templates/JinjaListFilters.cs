using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>Filters on sequences and dicts.</summary>
internal static class JinjaListFilters
{
    /// <summary>map('map', 'map', …) calls itself once for each.</summary>
    private const int MostFilters = 16;

    /// <summary>value|name(args).</summary>
    public static object? Run(object? value, JinjaArguments args) => args.Function switch
    {
        "length" or "count" => Length(value, args.Line),
        "first" => Items(value, args) is [var first, ..] ? first : new JinjaUndefined("first"),
        "last" => Items(value, args) is [.., var last] ? last : new JinjaUndefined("last"),
        "list" => Items(value, args).ToList(),
        "join" => Join(value, args),
        "items" => value is OrderedDictionary<string, object?> dict ? JinjaMembers.Pairs(dict) : value is JinjaUndefined ? new List<object?>() : throw JinjaErrors.Failed(args.Line, $"items needs a dict, not {JinjaText.TypeOf(value)}"),
        "dictsort" => DictSort(value, args),
        "reverse" => value is string ? string.Concat(Items(value, args).Reverse().Cast<string>()) : Items(value, args).Reverse().ToList(),
        "sort" => Sort(value, args),
        "unique" => Unique(Items(value, args), args),
        "sum" => Items(value, args).Select(item => Pick(item, args.Get(0, "attribute"), args.Line)).Aggregate(args.Get(1, "start", 0L), (sum, item) => Added(sum, item, args)),
        "min" => Items(value, args) is { Count: > 0 } some ? some.Aggregate((a, b) => args.Comparison.Compare(b, a) < 0 ? b : a) : new JinjaUndefined("min"),
        "max" => Items(value, args) is { Count: > 0 } some ? some.Aggregate((a, b) => args.Comparison.Compare(b, a) > 0 ? b : a) : new JinjaUndefined("max"),
        "map" => Map(value, args),
        "select" => Items(value, args).Where(item => Passes(item, args, 0)).ToList(),
        "reject" => Items(value, args).Where(item => !Passes(item, args, 0)).ToList(),
        "selectattr" => Items(value, args).Where(item => Passes(Pick(item, args.Get(0, "attribute"), args.Line), args, 1)).ToList(),
        "rejectattr" => Items(value, args).Where(item => !Passes(Pick(item, args.Get(0, "attribute"), args.Line), args, 1)).ToList(),
        _ => throw JinjaErrors.Unsupported(args.Line, $"filter '{args.Function}'"),
    };

    private static long Length(object? value, int line) => value switch
    {
        string text => JinjaCharacters.Count(text),
        OrderedDictionary<string, object?> dict => dict.Count,
        IReadOnlyList<object?> list => list.Count,
        JinjaUndefined => 0,
        _ => throw JinjaErrors.Failed(line, $"{JinjaText.TypeOf(value)} has no length"),
    };

    private static string Join(object? value, JinjaArguments args) =>
        Joined(JinjaText.Str(args.Get(0, "d", "")), Items(value, args).Select(item => Pick(item, args.Get(1, "attribute"), args.Line)), args);

    /// <summary>The items as text with a separator between them.</summary>
    public static string Joined(string separator, IEnumerable<object?> items, JinjaArguments args)
    {
        var (parts, length) = (new List<string>(), 0L);
        foreach (var item in items)
        {
            var part = JinjaText.Str(item);
            if ((length += part.Length + separator.Length) > JinjaOperators.LargestValue) throw JinjaErrors.Limit(args.Line, "join makes a text that is too large");
            args.Run.Read(part, args.Line);
            parts.Add(part);
        }

        return string.Join(separator, parts);
    }

    private static List<object?> DictSort(object? value, JinjaArguments args)
    {
        if (value is not OrderedDictionary<string, object?> dict) throw JinjaErrors.Failed(args.Line, $"dictsort needs a dict, not {JinjaText.TypeOf(value)}");
        var byCase = JinjaOperators.IsTrue(args.Get(0, "case_sensitive", false));
        var byValue = args.Get(1, "by", "key") as string == "value";
        return Ordered(JinjaMembers.Pairs(dict), pair => Folded(((object?[])pair!)[byValue ? 1 : 0], byCase), JinjaOperators.IsTrue(args.Get(2, "reverse", false)), args);
    }

    private static List<object?> Sort(object? value, JinjaArguments args)
    {
        var byCase = JinjaOperators.IsTrue(args.Get(1, "case_sensitive", false));
        return Ordered(Items(value, args), item => Folded(Pick(item, args.Get(2, "attribute"), args.Line), byCase), JinjaOperators.IsTrue(args.Get(0, "reverse", false)), args);
    }

    private static List<object?> Ordered(IEnumerable<object?> items, Func<object?, object?> key, bool reverse, JinjaArguments args)
    {
        var comparer = Comparer<object?>.Create(args.Comparison.Compare);
        try
        {
            return [.. reverse ? items.OrderByDescending(key, comparer) : items.OrderBy(key, comparer)];
        }
        catch (InvalidOperationException e) when (e.InnerException is TemperException inner)
        {
            throw new TemperException(inner.Problems, e);
        }
    }

    private static object? Folded(object? value, bool byCase) => value is string text && !byCase ? text.ToLowerInvariant() : value;

    private static List<object?> Unique(IReadOnlyList<object?> items, JinjaArguments args)
    {
        var kept = new List<object?>();
        foreach (var item in items)
            if (!kept.Exists(other => args.Comparison.AreEqual(Folded(item, false), Folded(other, false)))) kept.Add(item);
        return kept;
    }

    private static List<object?> Map(object? value, JinjaArguments args)
    {
        var items = Items(value, args);
        if (args.Named.TryGetValue("attribute", out var attribute))
        {
            return [.. items.Select(item => Pick(item, attribute, args.Line) is var picked && picked is JinjaUndefined && args.Named.TryGetValue("default", out var absent) ? absent : picked)];
        }

        if (args.Positional.Count > MostFilters) throw JinjaErrors.Limit(args.Line, $"map takes more than {MostFilters} arguments");
        var filter = new JinjaArguments(args.Run, args.Line, args.Text(0, "filter"), [.. args.Positional.Skip(1)], args.Named);
        return [.. items.Select(item => JinjaFilters.Run(item, filter))];
    }

    private static bool Passes(object? item, JinjaArguments args, int testAt) => args.Positional.Count <= testAt
        ? JinjaOperators.IsTrue(item)
        : JinjaTests.Run(item, new JinjaArguments(args.Run, args.Line, args.Text(testAt, "test"), [.. args.Positional.Skip(testAt + 1)], args.Named));

    private static object? Added(object? sum, object? item, JinjaArguments args)
    {
        sum = JinjaOperators.Apply("+", sum, item, args.Line);
        args.Run.Read(sum, args.Line);
        return sum;
    }

    private static object? Pick(object? item, object? attribute, int line)
    {
        if (attribute is not string path) return attribute is long at ? JinjaMembers.Item(item, at, line) : item;
        foreach (var name in path.Split('.')) item = long.TryParse(name, out var index) ? JinjaMembers.Item(item, index, line) : JinjaMembers.Item(item, name, line);
        return item;
    }

    private static IReadOnlyList<object?> Items(object? value, JinjaArguments args) => JinjaMembers.Iterate(value, args.Line);
}
