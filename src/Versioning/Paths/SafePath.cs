using Temper.Core.Errors;

namespace Temper.Versioning.Paths;

/// <summary>
/// Path of a file inside a tree, the only way to name one: parts joined by <c>/</c>, at most 4096 bytes of UTF-8. It can be written into a folder
/// of any system without leaving it or meeting a device: docs/formats/objects.md lists the rules.
/// </summary>
public readonly record struct SafePath : IComparable<SafePath>
{
    private const int Longest = 4096;

    private readonly string? _text;

    private SafePath(string text) => _text = text;

    /// <summary>Reads a path.</summary>
    /// <exception cref="TemperException">Code <c>path_invalid</c>, saying which rule is broken.</exception>
    public static SafePath Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Broken(text) is { } rule
            ? throw new TemperException("path_invalid", $"'{Shown(text)}' cannot be the path of a stored file: {rule}.")
            : new(text);
    }

    /// <summary>Whether <see cref="Parse"/> would read it.</summary>
    public static bool TryParse(string? text, out SafePath path)
    {
        var valid = text is not null && Broken(text) is null;
        path = valid ? new(text!) : default;
        return valid;
    }

    /// <summary>A name below a folder that was read as a path before; the empty folder is the root.</summary>
    /// <exception cref="TemperException">Code <c>path_invalid</c>: the name is no part of a path, or the whole is too long.</exception>
    internal static SafePath Below(string folder, string name)
    {
        var text = folder.Length == 0 ? name : string.Concat(folder, "/", name);
        return SafePart.Broken(name) is null && text.Length <= Longest / 3 ? new(text) : Parse(text);
    }

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

    private static string? Broken(string text) => System.Text.Encoding.UTF8.GetByteCount(text) > Longest
        ? "it has more than 4096 bytes"
        : text.Split('/').Select(SafePart.Broken).FirstOrDefault(rule => rule is not null);

    private static string Shown(string text)
    {
        var shown = new string([.. text.Take(80).Select(c => char.IsLetterOrDigit(c) || char.IsAscii(c) && !char.IsControl(c) ? c : '?')]);
        return text.Length > 80 ? shown + "…" : shown;
    }
}
