using System.Globalization;
using Temper.Core.Errors;

namespace Temper.Versioning.History;

/// <summary>One step from an object to another.</summary>
/// <param name="Sign"><c>^</c> the parent of that number, <c>~</c> so many first parents up, <c>{</c> what the braces say, <c>:</c> the entry at a path.</param>
/// <param name="Number">For <c>^</c> and <c>~</c>.</param>
/// <param name="Text">For <c>{</c> and <c>:</c>.</param>
internal readonly record struct RevisionStep(char Sign, int Number, string Text);

/// <summary>A revision taken apart: a name, and steps from it.</summary>
internal sealed record RevisionText(string Name, IReadOnlyList<RevisionStep> Steps)
{
    /// <exception cref="TemperException">Code <c>revision_unknown</c>: it is not written as a revision is.</exception>
    public static RevisionText Parse(string text)
    {
        var at = EndOfName(text);
        var name = text[..at];
        var steps = new List<RevisionStep>();
        while (at < text.Length)
        {
            var sign = text[at++];
            if (sign == ':')
            {
                steps.Add(new(':', 0, text[at..]));
                break;
            }
            if (sign == '^' && at < text.Length && text[at] == '{')
            {
                var close = text.IndexOf('}', at);
                if (close < 0)
                    throw Unknown(text);
                steps.Add(new('{', 0, text[(at + 1)..close]));
                at = close + 1;
                continue;
            }
            var digits = at;
            while (at < text.Length && char.IsAsciiDigit(text[at]))
                at++;
            var number = 1;
            if (sign is not ('^' or '~') || (at > digits && !int.TryParse(text.AsSpan(digits, at - digits), NumberStyles.None, CultureInfo.InvariantCulture, out number)))
                throw Unknown(text);
            steps.Add(new(sign, number, ""));
        }
        return new(name, steps);
    }

    public static TemperException Unknown(string text) => new("revision_unknown", $"'{text}' names no object.");

    private static int EndOfName(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            // A date in a reflog's braces may hold a colon.
            if (text[i] == '@' && i + 1 < text.Length && text[i + 1] == '{' && text.IndexOf('}', i) is > 0 and var close)
                i = close;
            else if (text[i] is '^' or '~' or ':')
                return i;
        }
        return text.Length;
    }
}
