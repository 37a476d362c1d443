namespace Temper.Models;

// Values of templates are: null (none), bool, long, double, string, List<object?> (list), object?[] (tuple),
// OrderedDictionary<string, object?> (dict), and the types of this file.

/// <summary>What a missing name or attribute gives: renders as nothing, is false, and has no attributes.</summary>
internal sealed record JinjaUndefined(string Name);

/// <summary>The one object whose attributes a template may set.</summary>
internal sealed class JinjaNamespace
{
    public Dictionary<string, object?> Attributes { get; } = [];
}

/// <summary>Something a template can call.</summary>
internal sealed record JinjaFunction(string Name, Func<JinjaArguments, object?> Body);

/// <summary>Evaluated arguments of a call, filter or test.</summary>
internal sealed record JinjaArguments(JinjaRun Run, int Line, string Function, IReadOnlyList<object?> Positional, IReadOnlyDictionary<string, object?> Named)
{
    /// <summary>Compares values at this place.</summary>
    public JinjaComparison Comparison => new(Run, Line);

    /// <summary>Argument by place or name; <paramref name="absent"/> when not given.</summary>
    public object? Get(int place, string name, object? absent = null) =>
        place < Positional.Count ? Positional[place] : Named.TryGetValue(name, out var value) ? value : absent;

    /// <summary>A string argument.</summary>
    public string Text(int place, string name) => Get(place, name) as string ?? throw JinjaErrors.Failed(Line, $"{Function} needs a string for '{name}'");

    /// <summary>A whole number.</summary>
    public long Whole(int place, string name, long absent) => Get(place, name, absent) switch
    {
        long whole => whole,
        bool flag => flag ? 1 : 0,
        _ => throw JinjaErrors.Failed(Line, $"{Function} needs a whole number for '{name}'"),
    };
}

/// <summary>Names visible at a place of the template.</summary>
internal sealed class JinjaScope(JinjaScope? parent)
{
    private readonly Dictionary<string, object?> names = [];

    public void Set(string name, object? value) => names[name] = value;

    public bool TryGet(string name, out object? value)
    {
        for (var scope = this; scope is not null; scope = scope.Parent)
            if (scope.names.TryGetValue(name, out value)) return true;
        value = null;
        return false;
    }

    private JinjaScope? Parent => parent;
}
