namespace Temper.Models;

/// <summary>Kinds of template tokens.</summary>
internal enum JinjaKind
{
    /// <summary>Text outside of tags.</summary>
    Text,

    /// <summary>Begin of <c>{{ }}</c>.</summary>
    OutputBegin,

    /// <summary>End of <c>{{ }}</c>.</summary>
    OutputEnd,

    /// <summary>Begin of <c>{% %}</c>.</summary>
    BlockBegin,

    /// <summary>End of <c>{% %}</c>.</summary>
    BlockEnd,

    /// <summary>A word.</summary>
    Name,

    /// <summary>A quoted string, unescaped.</summary>
    String,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>A number with a point or exponent.</summary>
    Float,

    /// <summary>Punctuation.</summary>
    Operator,

    /// <summary>End of the template.</summary>
    End,
}

/// <summary>One token and its line, from 1.</summary>
internal readonly record struct JinjaToken(JinjaKind Kind, string Text, int Line);
