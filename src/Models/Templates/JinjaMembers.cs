namespace Temper.Models;

/// <summary>Attributes, items, slices and the methods of strings and dicts. Nothing here changes a value: templates are sandboxed.</summary>
internal static class JinjaMembers
{
    /// <summary>owner.name: a method, or else an item.</summary>
    public static object? Attribute(object? owner, string name, int line) => owner switch
    {
        JinjaUndefined undefined => throw JinjaErrors.Failed(line, $"'{undefined.Name}' is undefined, so it has no '{name}'"),
        JinjaNamespace space => space.Attributes.TryGetValue(name, out var value) ? value : new JinjaUndefined(name),
        OrderedDictionary<string, object?> dict => DictMethod(dict, name) ?? (dict.TryGetValue(name, out var item) ? item : new JinjaUndefined(name)),
        string text => JinjaStringMethods.Find(text, name) ?? (object)new JinjaUndefined(name),
        List<object?> list => ListMethod(list, name, line) ?? (object)new JinjaUndefined(name),
        _ => new JinjaUndefined(name),
    };

    /// <summary>owner[index].</summary>
    public static object? Item(object? owner, object? index, int line)
    {
        switch (owner)
        {
            case JinjaUndefined undefined:
                throw JinjaErrors.Failed(line, $"'{undefined.Name}' is undefined, so it has no items");
            case OrderedDictionary<string, object?> dict when index is string key:
                return dict.TryGetValue(key, out var item) ? item : DictMethod(dict, key) ?? (object)new JinjaUndefined(key);
            case string text when index is long at:
                return JinjaCharacters.At(text, at) is { } character ? character : new JinjaUndefined($"{at}");
            case IReadOnlyList<object?> list when index is long at:
                return At(at, list.Count) is { } place2 ? list[place2] : new JinjaUndefined($"{at}");
            case JinjaNamespace or string or List<object?> when index is string name:
                return Attribute(owner, name, line);
            default:
                return new JinjaUndefined(JinjaText.Str(index));
        }
    }

    /// <summary>owner[start:stop:step], as Python.</summary>
    public static object Slice(object? owner, object? start, object? stop, object? step, int line)
    {
        if (owner is string astral && astral.Any(char.IsSurrogate))
            return string.Concat(((IReadOnlyList<object?>)Slice(Iterate(astral, line), start, stop, step, line)).Cast<string>());
        var length = owner switch
        {
            string text => text.Length,
            IReadOnlyList<object?> list => list.Count,
            _ => throw JinjaErrors.Failed(line, $"cannot slice {JinjaText.TypeOf(owner)}"),
        };
        var by = Bound(step, line) ?? 1;
        if (by == 0) throw JinjaErrors.Failed(line, "a slice's step is 0");
        var from = Clamp(Bound(start, line) ?? (by > 0 ? 0 : long.MaxValue), length, by);
        var to = stop is null && by < 0 ? -1 : Clamp(Bound(stop, line) ?? long.MaxValue, length, by);
        var picked = new List<int>();
        for (var i = from; by > 0 ? i < to : i > to; i += by) picked.Add((int)i);
        if (owner is string s) return string.Concat(picked.Select(i => s[i]));
        var items = (IReadOnlyList<object?>)owner!;
        var taken = picked.Select(i => items[i]);
        if (owner is object?[]) return taken.ToArray();
        return taken.ToList();
    }

    /// <summary>The items a loop or filter goes through.</summary>
    public static IReadOnlyList<object?> Iterate(object? value, int line) => value switch
    {
        IReadOnlyList<object?> list => list,
        OrderedDictionary<string, object?> dict => [.. dict.Keys],
        string text => [.. text.EnumerateRunes().Select(rune => rune.ToString())],
        JinjaUndefined => [],
        _ => throw JinjaErrors.Failed(line, $"{JinjaText.TypeOf(value)} cannot be iterated"),
    };

    /// <summary>Key and value pairs of a dict.</summary>
    public static List<object?> Pairs(OrderedDictionary<string, object?> dict) => [.. dict.Select(pair => (object?)new object?[] { pair.Key, pair.Value })];

    private static JinjaFunction? DictMethod(OrderedDictionary<string, object?> dict, string name) => name switch
    {
        "items" => new JinjaFunction(name, _ => Pairs(dict)),
        "keys" => new JinjaFunction(name, _ => dict.Keys.Select(key => (object?)key).ToList()),
        "values" => new JinjaFunction(name, _ => dict.Values.ToList()),
        "get" => new JinjaFunction(name, args => dict.TryGetValue(JinjaText.Str(args.Get(0, "key")), out var value) ? value : args.Get(1, "default")),
        "copy" => new JinjaFunction(name, _ => new OrderedDictionary<string, object?>(dict)),
        "update" or "pop" or "popitem" or "clear" or "setdefault" => new JinjaFunction(name, args => throw JinjaErrors.Failed(args.Line, $"a template may not change its values ({name})")),
        _ => null,
    };

    private static JinjaFunction? ListMethod(List<object?> list, string name, int line) => name switch
    {
        "index" => new JinjaFunction(name, args => list.FindIndex(item => args.Comparison.AreEqual(item, args.Get(0, "value"))) is >= 0 and var at ? (long)at : throw JinjaErrors.Failed(line, "the value is not in the list")),
        "count" => new JinjaFunction(name, args => (long)list.Count(item => args.Comparison.AreEqual(item, args.Get(0, "value")))),
        "append" or "extend" or "insert" or "pop" or "remove" or "clear" or "sort" or "reverse" => new JinjaFunction(name, args => throw JinjaErrors.Failed(args.Line, $"a template may not change its values ({name})")),
        _ => null,
    };

    private static int? At(long index, int length)
    {
        var place = index < 0 ? index + length : index;
        return place >= 0 && place < length ? (int)place : null;
    }

    private static long? Bound(object? value, int line) => value switch
    {
        null => null,
        long whole => whole,
        bool flag => flag ? 1 : 0,
        _ => throw JinjaErrors.Failed(line, $"a slice needs whole numbers, not {JinjaText.TypeOf(value)}"),
    };

    private static long Clamp(long bound, int length, long step)
    {
        if (bound < 0) bound = Math.Max(bound + length, -1);
        return step > 0 ? Math.Clamp(bound, 0, length) : Math.Clamp(bound, -1, length - 1);
    }
}
