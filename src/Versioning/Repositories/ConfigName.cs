using Temper.Core.Errors;

namespace Temper.Versioning.Repositories;

/// <summary>Name of a setting: section, subsection where there is one, key. Section and key do not tell case apart, the subsection does.</summary>
/// <param name="Section">Lower case.</param>
/// <param name="Sub">Null: none.</param>
/// <param name="Key">Lower case.</param>
internal sealed record ConfigName(string Section, string? Sub, string Key)
{
    /// <summary>Reads <c>section.key</c> or <c>section.sub.section.key</c>.</summary>
    /// <exception cref="TemperException">Code <c>settings_invalid</c>.</exception>
    public static ConfigName Parse(string text)
    {
        var (first, last) = (text.IndexOf('.', StringComparison.Ordinal), text.LastIndexOf('.'));
        if (first <= 0 || last == text.Length - 1)
            throw new TemperException("settings_invalid", $"'{text}' does not name a setting: it has no {(first <= 0 ? "section" : "key")}.", "Write section.key.");
        var name = new ConfigName(text[..first].ToLowerInvariant(), last > first ? text[(first + 1)..last] : null, text[(last + 1)..].ToLowerInvariant());
        return name.Section.All(IsWord) && char.IsAsciiLetter(name.Key[0]) && name.Key.All(IsWord) && name.Sub?.Contains('\n', StringComparison.Ordinal) != true
            ? name
            : throw new TemperException("settings_invalid", $"'{text}' does not name a setting.", "Section and key are of letters, digits and '-'; a key begins with a letter.");
    }

    /// <summary>Whether a setting stands in the same section.</summary>
    public bool IsIn(string section, string? sub) => Section == section && string.Equals(Sub, sub, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Sub is null ? $"{Section}.{Key}" : $"{Section}.{Sub}.{Key}";

    /// <summary>Letters, digits and the dash.</summary>
    public static bool IsWord(char c) => char.IsAsciiLetterOrDigit(c) || c == '-';
}
