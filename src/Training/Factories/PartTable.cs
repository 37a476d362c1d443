using Temper.Core.Errors;
using Temper.Core.Plugins;
using Temper.Training.Recipes;

namespace Temper.Training.Factories;

/// <summary>Parts of one kind by name.</summary>
/// <typeparam name="T">Their kind.</typeparam>
public sealed class PartTable<T> where T : NamedPart
{
    private readonly Dictionary<string, T> _parts = new(StringComparer.Ordinal);

    /// <summary>The built-in parts, then those of plug-ins.</summary>
    /// <param name="kind">What they are called in messages, such as "optimizer".</param>
    /// <param name="parts">All of them.</param>
    /// <exception cref="TemperException">Code <c>part_twice</c>: a recipe's digest must not mean two things.</exception>
    internal PartTable(string kind, IEnumerable<T> parts)
    {
        Kind = kind;
        foreach (var part in parts)
            if (!_parts.TryAdd(part.Name, part))
                throw PluginLoader.Twice(kind, part.Name, _parts[part.Name], part);
    }

    /// <summary>What they are called in messages.</summary>
    public string Kind { get; }

    /// <summary>All names, the built-in ones first.</summary>
    public IReadOnlyList<string> Names => [.. _parts.Keys];

    /// <summary>The part of that name, or null.</summary>
    public T? Find(string name) => _parts.GetValueOrDefault(name);

    /// <summary>The part of that name.</summary>
    /// <exception cref="TemperException">Code <c>part_unknown</c>, with all names and the nearest.</exception>
    public T this[string name] => Find(name) ?? throw new TemperException([Unknown(name)]);

    /// <summary>What is said of a name that nothing has.</summary>
    internal Problem Unknown(string name) => new("part_unknown", $"There is no {Kind} '{name}'; there are {string.Join(", ", Names)}.") { Value = name, Hint = Hint(name) };

    private string Hint(string name) =>
        (RecipeKeys.Nearest(name, Names) is { } near ? $"Did you mean {near}? " : "") + "A plug-in that brings it must be known here as it is to the worker: TEMPER_PLUGINS.";
}
