using System.Text.RegularExpressions;

namespace Temper.Models;

/// <summary>Cuts a template into tokens with Jinja's rules of white space as transformers sets them: trim_blocks (the line break after a
/// block or comment goes) and lstrip_blocks (blanks before a block or comment on its own line go), <c>-</c> strips all white space on
/// its side, <c>+</c> keeps it; the template's last line break goes.</summary>
internal sealed partial class JinjaLexer
{
    private const int LongestTemplate = 1 << 20;
    private readonly string source;
    private readonly List<JinjaToken> tokens = [];
    private int at;
    private int line = 1;
    private bool lineStarting = true;

    private JinjaLexer(string source) => this.source = source;

    /// <summary>All tokens, <see cref="JinjaKind.End"/> last.</summary>
    public static List<JinjaToken> Read(string template)
    {
        if (template.Length > LongestTemplate) throw JinjaErrors.Invalid(1, $"it has {template.Length} characters, at most {LongestTemplate} are allowed");
        var source = template.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        var lexer = new JinjaLexer(source.EndsWith('\n') ? source[..^1] : source);
        while (lexer.at < lexer.source.Length) lexer.ReadNext();
        lexer.Add(JinjaKind.End, "");
        return lexer.tokens;
    }

    private void ReadNext()
    {
        var tag = NextTag();
        if (tag == source.Length)
        {
            AddText(source[at..]);
            at = tag;
            return;
        }

        var kind = source[tag + 1];
        var sign = tag + 2 < source.Length && source[tag + 2] is '-' or '+' ? source[tag + 2] : ' ';
        AddText(LeftStripped(source[at..tag], kind, sign));
        at = tag + (sign == ' ' ? 2 : 3);
        if (kind == '#') SkipComment();
        else if (kind != '%' || !TryReadRaw()) ReadTag(kind == '%');
    }

    /// <summary>Text between raw and endraw, as it stands.</summary>
    private bool TryReadRaw()
    {
        var begin = RawBegin().Match(source, at);
        if (!begin.Success) return false;
        at += begin.Length;
        AfterTag(begin.Groups[1].Value is [var sign] ? sign : ' ', trimsLine: true);
        var end = RawEnd().Match(source, at);
        if (!end.Success) throw JinjaErrors.Invalid(line, "a raw block is not closed");
        var signs = (Left: end.Groups[1].Value is [var left] ? left : ' ', Right: end.Groups[2].Value is [var right] ? right : ' ');
        AddText(LeftStripped(source[at..end.Index], '%', signs.Left));
        at = end.Index + end.Length;
        AfterTag(signs.Right, trimsLine: true);
        return true;
    }

    [GeneratedRegex(@"\G\s*raw\s*([-+]?)%\}", RegexOptions.CultureInvariant)]
    private static partial Regex RawBegin();

    [GeneratedRegex(@"\{%([-+]?)\s*endraw\s*([-+]?)%\}", RegexOptions.CultureInvariant)]
    private static partial Regex RawEnd();

    private int NextTag()
    {
        for (var i = at; i + 1 < source.Length; i++)
            if (source[i] == '{' && source[i + 1] is '{' or '%' or '#') return i;
        return source.Length;
    }

    private string LeftStripped(string text, char kind, char sign)
    {
        if (sign == '-')
        {
            var kept = text.TrimEnd();
            line += text.AsSpan(kept.Length).Count('\n');
            return kept;
        }

        if (sign == '+' || kind == '{') return text;
        var lineStart = text.LastIndexOf('\n') + 1;
        return (lineStart > 0 || lineStarting) && string.IsNullOrWhiteSpace(text[lineStart..]) ? text[..lineStart] : text;
    }

    private void SkipComment()
    {
        var end = source.IndexOf("#}", at, StringComparison.Ordinal);
        if (end < 0) throw JinjaErrors.Invalid(line, "a comment is not closed");
        line += source.AsSpan(at, end - at).Count('\n');
        var sign = end > at && source[end - 1] is '-' or '+' ? source[end - 1] : ' ';
        at = end + 2;
        AfterTag(sign, trimsLine: true);
    }

    private void ReadTag(bool block)
    {
        Add(block ? JinjaKind.BlockBegin : JinjaKind.OutputBegin, "");
        var end = block ? "%}" : "}}";
        var depth = 0;
        while (true)
        {
            SkipSpace();
            if (at >= source.Length) throw JinjaErrors.Invalid(line, $"a tag is not closed with '{end}'");
            var sign = source[at] is '-' or '+' && string.CompareOrdinal(source, at + 1, end, 0, 2) == 0 ? source[at] : ' ';
            if (depth == 0 && (sign != ' ' || string.CompareOrdinal(source, at, end, 0, 2) == 0))
            {
                at += sign == ' ' ? 2 : 3;
                Add(block ? JinjaKind.BlockEnd : JinjaKind.OutputEnd, "");
                AfterTag(sign, trimsLine: block);
                return;
            }

            depth += source[at] switch { '{' or '(' or '[' => 1, '}' or ')' or ']' => -1, _ => 0 };
            ReadExpressionToken();
        }
    }

    private void AfterTag(char sign, bool trimsLine)
    {
        var start = at;
        if (sign == '-') while (at < source.Length && char.IsWhiteSpace(source[at])) at++;
        else if (trimsLine && sign != '+' && at < source.Length && source[at] == '\n') at++;
        line += source.AsSpan(start, at - start).Count('\n');
        lineStarting = source[at - 1] == '\n';
    }

    private void SkipSpace()
    {
        for (; at < source.Length && char.IsWhiteSpace(source[at]); at++)
            if (source[at] == '\n') line++;
    }

    private void ReadExpressionToken()
    {
        var c = source[at];
        if (c is '\'' or '"')
        {
            Add(JinjaKind.String, JinjaStrings.Read(source, ref at, line));
            return;
        }

        var start = at;
        if (char.IsLetter(c) || c == '_')
        {
            while (at < source.Length && (char.IsLetterOrDigit(source[at]) || source[at] == '_')) at++;
            Add(JinjaKind.Name, source[start..at]);
        }
        else if (char.IsAsciiDigit(c)) ReadNumber();
        else
        {
            var two = start + 2 <= source.Length ? source.Substring(start, 2) : "";
            var text = two is "//" or "**" or "==" or "!=" or "<=" or ">=" ? two : c.ToString();
            if (text.Length == 1 && !"+-*/%~<>=()[]{},.:|".Contains(c, StringComparison.Ordinal)) throw JinjaErrors.Invalid(line, $"unexpected character '{c}'");
            at += text.Length;
            Add(JinjaKind.Operator, text);
        }
    }

    private void ReadNumber()
    {
        var start = at;
        var isFloat = false;
        while (at < source.Length && (char.IsAsciiDigit(source[at]) || source[at] == '_')) at++;
        if (at + 1 < source.Length && source[at] == '.' && char.IsAsciiDigit(source[at + 1]))
        {
            isFloat = true;
            for (at++; at < source.Length && char.IsAsciiDigit(source[at]); at++) { }
        }

        var exponent = at + 1 < source.Length && source[at] is 'e' or 'E' ? (source[at + 1] is '+' or '-' ? at + 2 : at + 1) : source.Length;
        if (exponent < source.Length && char.IsAsciiDigit(source[exponent]))
        {
            isFloat = true;
            for (at = exponent; at < source.Length && char.IsAsciiDigit(source[at]); at++) { }
        }

        Add(isFloat ? JinjaKind.Float : JinjaKind.Integer, source[start..at].Replace("_", "", StringComparison.Ordinal));
    }

    private void AddText(string text)
    {
        if (text.Length == 0) return;
        Add(JinjaKind.Text, text);
        line += text.AsSpan().Count('\n');
        lineStarting = text[^1] == '\n';
    }

    private void Add(JinjaKind kind, string text) => tokens.Add(new JinjaToken(kind, text, line));
}
