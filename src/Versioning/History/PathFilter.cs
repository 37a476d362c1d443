using System.Text;
using System.Text.RegularExpressions;

namespace Temper.Versioning.History;

/// <summary>
/// Paths as people name them: a file, a folder with all below it, or a pattern in which <c>*</c> stands for any characters (<c>/</c> too), <c>?</c>
/// for one and <c>[…]</c> for one of a set; <c>:(exclude)</c> or <c>:!</c> in front takes away. Relative to the root of the tree.
/// </summary>
public sealed class PathFilter
{
    private readonly List<Spec> _wanted;
    private readonly List<Spec> _unwanted;

    private sealed record Spec(string Text, string Literal, Regex? Pattern);

    private PathFilter(IEnumerable<(string Text, bool Excluded)> specs)
    {
        var all = specs.ToList();
        _wanted = [.. all.Where(s => !s.Excluded).Select(s => Compile(s.Text))];
        _unwanted = [.. all.Where(s => s.Excluded).Select(s => Compile(s.Text))];
    }

    /// <summary>A filter of these paths; null when they are none, which stands for everything.</summary>
    public static PathFilter? Of(IReadOnlyCollection<string> specs)
    {
        ArgumentNullException.ThrowIfNull(specs);
        return specs.Count == 0 ? null : new(specs.Select(Parse));
    }

    /// <summary>Whether the file at <paramref name="path"/> is wanted.</summary>
    public bool Matches(string path) => (_wanted.Count == 0 || _wanted.Any(s => Fits(s, path))) && !_unwanted.Any(s => Fits(s, path));

    /// <summary>Whether a file below <paramref name="folder"/> may be wanted.</summary>
    public bool MayMatchBelow(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return _wanted.Count == 0 || _wanted.Any(s => Fits(s, folder) || Meets(s.Literal, folder + "/"));
    }

    /// <summary>Whether the path is named by itself, or by a folder above it, without a pattern.</summary>
    public bool IsNamed(string path) => _wanted.Any(s => s.Pattern is null && Fits(s, path));

    private static bool Meets(string literal, string folder) =>
        literal.StartsWith(folder, StringComparison.Ordinal) || folder.StartsWith(literal, StringComparison.Ordinal);

    private static bool Fits(Spec spec, string path) => spec.Text.Length == 0
        || path.StartsWith(spec.Text, StringComparison.Ordinal) && (path.Length == spec.Text.Length || path[spec.Text.Length] == '/')
        || spec.Pattern?.IsMatch(path) == true;

    private static (string Text, bool Excluded) Parse(string spec)
    {
        string[] signs = [":(exclude)", ":!", ":^"];
        var sign = signs.FirstOrDefault(s => spec.StartsWith(s, StringComparison.Ordinal));
        var text = sign is null ? spec : spec[sign.Length..];
        if (text.StartsWith(":/", StringComparison.Ordinal))
            text = text[2..];
        while (text.StartsWith("./", StringComparison.Ordinal))
            text = text[2..];
        return (text == "." ? "" : text.TrimEnd('/'), sign is not null);
    }

    private static Spec Compile(string text)
    {
        var wild = text.IndexOfAny(['*', '?', '[']);
        return wild < 0 ? new(text, text, null) : new(text, text[..wild], Translate(text));
    }

    private static Regex Translate(string text)
    {
        var pattern = new StringBuilder("^");
        for (var i = 0; i < text.Length; i++)
        {
            var close = text[i] == '[' ? text.IndexOf(']', Math.Min(i + 2, text.Length)) : -1;
            if (close > 0)
            {
                var set = text[(i + 1)..close];
                pattern.Append('[').Append(set[0] is '!' or '^' ? "^" + Escape(set[1..]) : Escape(set)).Append(']');
                i = close;
            }
            else
                pattern.Append(text[i] switch { '*' => ".*", '?' => ".", '\\' when i + 1 < text.Length => Regex.Escape(text[++i].ToString()), _ => Regex.Escape(text[i].ToString()) });
        }
        return new(pattern.Append('$').ToString(), RegexOptions.CultureInvariant | RegexOptions.Singleline | RegexOptions.NonBacktracking);
    }

    private static string Escape(string set) => set.Replace("\\", @"\\", StringComparison.Ordinal).Replace("[", @"\[", StringComparison.Ordinal).Replace("]", @"\]", StringComparison.Ordinal);
}
