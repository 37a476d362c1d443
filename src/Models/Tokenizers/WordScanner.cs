using System.Globalization;
using System.Text;

namespace Temper.Models;

/// <summary>The known word patterns as scanners over code points. .NET's own regular expressions see UTF-16 units, so that
/// <c>\p{L}</c> misses every letter above U+FFFF; and a scanner cannot run into catastrophic backtracking.</summary>
internal static class WordScanner
{
    private enum Kind : byte
    {
        Letter,
        Number,
        Space,
        Other,
    }

    /// <summary>End of the word that begins at <paramref name="at"/>, which is inside the text.</summary>
    public static int NextEnd(WordPattern pattern, ReadOnlySpan<char> text, int at) => pattern switch
    {
        WordPattern.None => text.Length,
        WordPattern.Gpt2 => Gpt2(text, at),
        _ => Newer(text, at, pattern == WordPattern.Llama3 ? 3 : 1),
    };

    private static int Gpt2(ReadOnlySpan<char> text, int at)
    {
        var contraction = Contraction(text, at, anyCase: false);
        if (contraction > at) return contraction;
        var start = text[at] == ' ' && at + 1 < text.Length && KindAt(text, at + 1, out _) != Kind.Space ? at + 1 : at;
        var kind = KindAt(text, start, out _);
        return kind == Kind.Space ? SpaceEnd(text, at) : RunEnd(text, start, kind);
    }

    private static int Newer(ReadOnlySpan<char> text, int at, int digits)
    {
        var contraction = Contraction(text, at, anyCase: true);
        if (contraction > at) return contraction;
        var kind = KindAt(text, at, out var length);
        var next = at + length;
        if (kind == Kind.Letter) return RunEnd(text, at, Kind.Letter);
        if (kind == Kind.Number) return RunEnd(text, at, Kind.Number, digits);
        var following = next < text.Length ? KindAt(text, next, out _) : Kind.Space;
        if (following == Kind.Letter && text[at] is not ('\r' or '\n')) return RunEnd(text, next, Kind.Letter);
        if (kind == Kind.Other || (text[at] == ' ' && following == Kind.Other))
        {
            var end = RunEnd(text, kind == Kind.Other ? at : next, Kind.Other);
            while (end < text.Length && text[end] is '\r' or '\n') end++;
            return end;
        }

        var spaces = RunEnd(text, at, Kind.Space);
        var lineBreak = text[at..spaces].LastIndexOfAny('\r', '\n');
        return lineBreak >= 0 ? at + lineBreak + 1 : SpaceEnd(text, at);
    }

    /// <summary>White space up to the end of the text, or all but its last character before a word, but at least one.</summary>
    private static int SpaceEnd(ReadOnlySpan<char> text, int at)
    {
        var end = RunEnd(text, at, Kind.Space);
        return end == text.Length || end == at + 1 ? end : end - 1;
    }

    private static int RunEnd(ReadOnlySpan<char> text, int at, Kind kind, int limit = int.MaxValue)
    {
        for (var count = 0; at < text.Length && count < limit && KindAt(text, at, out var length) == kind; count++) at += length;
        return at;
    }

    private static int Contraction(ReadOnlySpan<char> text, int at, bool anyCase)
    {
        if (text[at] != '\'' || at + 1 >= text.Length) return at;
        var first = Fold(text[at + 1], anyCase);
        if (first is 's' or 't' or 'm' or 'd') return at + 2;
        if (at + 2 >= text.Length) return at;
        return (first, Fold(text[at + 2], anyCase)) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? at + 3 : at;
    }

    private static char Fold(char c, bool anyCase) => !anyCase ? c : c == 'ſ' ? 's' : char.ToLowerInvariant(c);

    private static Kind KindAt(ReadOnlySpan<char> text, int at, out int length)
    {
        var c = text[at];
        length = 1;
        if (char.IsAscii(c)) return char.IsAsciiLetter(c) ? Kind.Letter : char.IsAsciiDigit(c) ? Kind.Number : char.IsWhiteSpace(c) ? Kind.Space : Kind.Other;
        if (char.IsWhiteSpace(c)) return Kind.Space;
        // A lone surrogate becomes U+FFFD when it is encoded, which is neither letter nor number.
        if (Rune.DecodeFromUtf16(text[at..], out var rune, out length) != System.Buffers.OperationStatus.Done) return Kind.Other;
        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => Kind.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Kind.Number,
            _ => Kind.Other,
        };
    }
}
