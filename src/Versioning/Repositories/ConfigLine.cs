using System.Text;

namespace Temper.Versioning.Repositories;

/// <summary>One line of a configuration file, or several that a backslash joins, kept as they are written.</summary>
/// <param name="Text">With its line breaks inside, without the last.</param>
/// <param name="Section">Of the section it stands in or opens; null before the first.</param>
/// <param name="Sub">Subsection, if there is one.</param>
/// <param name="Key">Null: a heading, a comment, an empty line.</param>
/// <param name="Value">Null: a key without a value, which means true.</param>
internal sealed record ConfigLine(string Text, string? Section, string? Sub, string? Key, string? Value)
{
    /// <summary>Whether it opens a section.</summary>
    public bool IsHeading { get; init; }

    /// <summary>The heading of a section.</summary>
    public static ConfigLine Heading(string section, string? sub) =>
        new(sub is null ? $"[{section}]" : $"[{section} \"{sub.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"]", section, sub, null, null) { IsHeading = true };

    /// <summary>A setting.</summary>
    public static ConfigLine Of(ConfigName name, string value) => new($"\t{name.Key} = {Quoted(value)}", name.Section, name.Sub, name.Key, value);

    private static string Quoted(string value)
    {
        var text = new StringBuilder();
        foreach (var c in value)
            text.Append(c switch { '\n' => "\\n", '\t' => "\\t", '\b' => "\\b", '"' => "\\\"", '\\' => "\\\\", _ => c.ToString() });
        var quotes = value.Length > 0 && (value[0] == ' ' || value[^1] == ' ') || value.IndexOfAny([';', '#', '\r']) >= 0;
        return quotes ? $"\"{text}\"" : text.ToString();
    }
}
