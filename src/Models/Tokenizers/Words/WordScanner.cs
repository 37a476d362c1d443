using static Temper.Models.CharacterKind;

namespace Temper.Models;

/// <summary>The known word patterns as scanners over code points. .NET's own regular expressions see UTF-16 units, so that
/// <c>\p{L}</c> misses every letter above U+FFFF; and a scanner cannot run into catastrophic backtracking.</summary>
internal static class WordScanner
{
    /// <summary>End of the word that begins at <paramref name="at"/>, which is inside the text.</summary>
    public static int NextEnd(WordPattern pattern, ReadOnlySpan<char> text, int at) => pattern switch
    {
        WordPattern.None => text.Length,
        WordPattern.Gpt2 => Gpt2(text, at, digits: false),
        WordPattern.Gpt2Digits => Gpt2(text, at, digits: true),
        WordPattern.Llama3 => Newer(text, at, 3),
        WordPattern.Qwen2 => Newer(text, at, 1),
        WordPattern.O200k => CaseRuns(text, at, 3, contractions: true),
        _ => CaseRuns(text, at, 1, contractions: false),
    };

    private static int Gpt2(ReadOnlySpan<char> text, int at, bool digits)
    {
        var kind = MainAt(text, at, out var length);
        if (digits && kind == Number) return at + length;
        var contraction = Contraction(text, at, anyCase: false);
        if (contraction > at) return contraction;
        if (text[at] == ' ' && at + 1 < text.Length && MainAt(text, at + 1, out _) is var following && following != Space && !(digits && following == Number))
            return RunEnd(text, at + 1, following);
        return kind == Space ? SpaceEnd(text, at, digits) : RunEnd(text, at, kind);
    }

    private static int Newer(ReadOnlySpan<char> text, int at, int digits)
    {
        var contraction = Contraction(text, at, anyCase: true);
        if (contraction > at) return contraction;
        var kind = CharacterKinds.At(text, at, out var length);
        var next = at + length;
        if ((kind & Letter) != 0) return RunEnd(text, next, Letter);
        if ((kind & Number) != 0) return RunEnd(text, next, Number, digits - 1);
        if ((kind & LineEnd) == 0 && next < text.Length && MainAt(text, next, out _) == Letter) return RunEnd(text, next, Letter);
        return SignsOrSpaces(text, at, kind, "\r\n");
    }

    /// <summary>o200k: the part of a word in upper case, then the part in lower case, perhaps a sign before and a contraction behind.</summary>
    private static int CaseRuns(ReadOnlySpan<char> text, int at, int digits, bool contractions)
    {
        var kind = CharacterKinds.At(text, at, out var length);
        var leads = (kind & (Letter | Number | LineEnd)) == 0;
        // The second alternative of the pattern, which needs no lower case, comes only after both ways to begin the first one.
        var end = leads ? LowerEnd(text, at + length) : -1;
        if (end < 0) end = LowerEnd(text, at);
        if (end < 0 && leads) end = UpperEnd(text, at + length);
        if (end < 0) end = UpperEnd(text, at);
        if (end >= 0) return contractions && end < text.Length ? Contraction(text, end, anyCase: true) : end;
        return (kind & Number) != 0 ? RunEnd(text, at + length, Number, digits - 1) : SignsOrSpaces(text, at, kind, "\r\n/");
    }

    /// <summary>Upper*Lower+ from a place, or -1. The run of upper case gives back from its end what can be lower case too.</summary>
    private static int LowerEnd(ReadOnlySpan<char> text, int at)
    {
        var lastLower = -1;
        while (at < text.Length)
        {
            var kind = CharacterKinds.At(text, at, out var length);
            if ((kind & Upper) == 0) break;
            at += length;
            if ((kind & Lower) != 0) lastLower = at;
        }

        var end = AnyRunEnd(text, at, Lower);
        return end > at ? end : lastLower;
    }

    /// <summary>Upper+ from a place where <see cref="LowerEnd"/> found nothing, or -1.</summary>
    private static int UpperEnd(ReadOnlySpan<char> text, int at) => AnyRunEnd(text, at, Upper) is var end && end > at ? end : -1;

    /// <summary>Signs with a space before and line ends behind, or white space up to its last line end, or white space.</summary>
    private static int SignsOrSpaces(ReadOnlySpan<char> text, int at, CharacterKind kind, ReadOnlySpan<char> behind)
    {
        var isSign = (kind & CharacterKinds.Main) == 0;
        if (isSign || (text[at] == ' ' && at + 1 < text.Length && MainAt(text, at + 1, out _) == Other))
        {
            var end = RunEnd(text, isSign ? at : at + 1, Other);
            while (end < text.Length && behind.Contains(text[end])) end++;
            return end;
        }

        var spaces = RunEnd(text, at, Space);
        var lineBreak = text[at..spaces].LastIndexOfAny('\r', '\n');
        return lineBreak >= 0 ? at + lineBreak + 1 : SpaceEnd(text, at, digits: false);
    }

    /// <summary>White space up to the end of the text, or all but its last character before a word, but at least one. With
    /// <paramref name="digits"/> a number is taken out of the text, and ends it.</summary>
    private static int SpaceEnd(ReadOnlySpan<char> text, int at, bool digits)
    {
        var end = RunEnd(text, at, Space);
        return end == text.Length || end == at + 1 || (digits && MainAt(text, end, out _) == Number) ? end : end - 1;
    }

    private static int RunEnd(ReadOnlySpan<char> text, int at, CharacterKind kind)
    {
        while (at < text.Length && MainAt(text, at, out var length) == kind) at += length;
        return at;
    }

    private static int RunEnd(ReadOnlySpan<char> text, int at, CharacterKind kind, int limit)
    {
        for (; limit > 0 && at < text.Length && MainAt(text, at, out var length) == kind; limit--) at += length;
        return at;
    }

    private static int AnyRunEnd(ReadOnlySpan<char> text, int at, CharacterKind kind)
    {
        while (at < text.Length && (CharacterKinds.At(text, at, out var length) & kind) != 0) at += length;
        return at;
    }

    private static CharacterKind MainAt(ReadOnlySpan<char> text, int at, out int length) => CharacterKinds.At(text, at, out length) & CharacterKinds.Main;

    private static int Contraction(ReadOnlySpan<char> text, int at, bool anyCase)
    {
        if (text[at] != '\'' || at + 1 >= text.Length) return at;
        var first = Fold(text[at + 1], anyCase);
        if (first is 's' or 't' or 'm' or 'd') return at + 2;
        if (at + 2 >= text.Length) return at;
        return (first, Fold(text[at + 2], anyCase)) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? at + 3 : at;
    }

    private static char Fold(char c, bool anyCase) => !anyCase ? c : c == 'ſ' ? 's' : char.ToLowerInvariant(c);
}
