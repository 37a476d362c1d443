using System.Globalization;
using System.Text;

namespace Temper.Models;

/// <summary>Escapes and bracketed classes of regular expressions.</summary>
internal sealed class PatternClassParser(string source)
{
    /// <summary>A class; <paramref name="at"/> is behind its bracket and moves behind the closing one.</summary>
    public CodePointSet Class(ref int at, bool anyCase)
    {
        var set = new CodePointSet();
        var negated = at < source.Length && source[at] == '^';
        if (negated) at++;
        for (var first = true; ; first = false)
        {
            if (at >= source.Length) throw new PatternException("a class that is not closed");
            if (source[at] == ']' && !first) break;
            if (string.CompareOrdinal(source, at, "&&", 0, 2) == 0)
            {
                at += 2;
                set.Require(Rest(ref at, anyCase));
                break;
            }

            Member(ref at, anyCase, set);
        }

        at++;
        return negated ? set.Negate() : set;
    }

    /// <summary>The right side of an intersection, up to the closing bracket.</summary>
    private CodePointSet Rest(ref int at, bool anyCase)
    {
        var set = new CodePointSet();
        while (at < source.Length && source[at] != ']')
        {
            if (string.CompareOrdinal(source, at, "&&", 0, 2) == 0) throw new PatternException("a class with two intersections");
            Member(ref at, anyCase, set);
        }

        return at < source.Length ? set : throw new PatternException("a class that is not closed");
    }

    private void Member(ref int at, bool anyCase, CodePointSet set)
    {
        if (source[at] == '[')
        {
            if (at + 1 < source.Length && source[at + 1] == ':') throw new PatternException("a POSIX class");
            at++;
            set.Add(Class(ref at, anyCase));
            return;
        }

        if (source[at] == '\\' && at + 1 < source.Length && IsSetEscape(source[at + 1]))
        {
            at++;
            set.Add(Escape(ref at, anyCase));
            return;
        }

        var from = CodePoint(ref at);
        var to = from;
        if (at + 1 < source.Length && source[at] == '-' && source[at + 1] is not (']' or '['))
        {
            at++;
            to = CodePoint(ref at);
            if (to < from) throw new PatternException("a range that ends before it begins");
        }

        set.AddRange(from, to);
        if (!anyCase) return;
        if (to - from > 1000) throw new PatternException("a large range without case");
        for (var c = from; c <= to; c++) set.Add(CodePointSet.Single(c, anyCase: true));
    }

    private static bool IsSetEscape(char c) => c is 's' or 'S' or 'd' or 'D' or 'w' or 'W' or 'p' or 'P';

    /// <summary>What follows a backslash; <paramref name="at"/> is behind it.</summary>
    public CodePointSet Escape(ref int at, bool anyCase)
    {
        if (at >= source.Length) throw new PatternException("a backslash at its end");
        if (!IsSetEscape(source[at]))
        {
            at--;
            return CodePointSet.Single(CodePoint(ref at), anyCase);
        }

        var c = source[at++];
        var set = char.ToLowerInvariant(c) switch { 's' => CodePointSet.Space, 'd' => CodePointSet.Digit, 'w' => CodePointSet.Word, _ => Property(ref at, ref c) };
        return char.IsAsciiLetterUpper(c) ? set.Negate() : set;
    }

    private CodePointSet Property(ref int at, ref char c)
    {
        var close = at < source.Length && source[at] == '{' ? source.IndexOf('}', at) : -1;
        if (close < 0) throw new PatternException("a property without braces");
        var name = source[(at + 1)..close];
        at = close + 1;
        if (name.StartsWith('^')) (name, c) = (name[1..], c == 'p' ? 'P' : 'p');
        return CodePointSet.Category(name) ?? throw new PatternException($"the property '{name}'");
    }

    /// <summary>One literal code point, perhaps escaped.</summary>
    private int CodePoint(ref int at)
    {
        if (at >= source.Length) throw new PatternException("a class that is not closed");
        var literal = CodePoints.At(source, at, out var length);
        at += length;
        if (literal != '\\') return literal;
        if (at >= source.Length) throw new PatternException("a backslash at its end");
        var c = source[at++];
        var known = "tnrfvae".IndexOf(c, StringComparison.Ordinal);
        if (known >= 0) return "\t\n\r\f\v\a\u001B"[known];
        if (c is 'u' or 'x') return Hexadecimal(ref at, c);
        return char.IsAsciiLetterOrDigit(c) ? throw new PatternException($"the escape '\\{c}'") : c;
    }

    private int Hexadecimal(ref int at, char kind)
    {
        var braced = kind == 'x' && at < source.Length && source[at] == '{';
        var end = braced ? source.IndexOf('}', at) : at + (kind == 'u' ? 4 : 2);
        var from = braced ? at + 1 : at;
        if (end <= from || end > source.Length || !int.TryParse(source.AsSpan(from, end - from), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) || !Rune.IsValid(value))
            throw new PatternException($"an escape \\{kind} without a code point");
        at = braced ? end + 1 : end;
        return value;
    }
}
