using System.Globalization;

namespace Temper.Models;

/// <summary>What the word patterns ask about a code point. A code point that is neither letter, number nor space has none of these three.</summary>
[Flags]
internal enum CharacterKind : byte
{
    /// <summary>None of the others.</summary>
    Other = 0,

    /// <summary>Categories L*.</summary>
    Letter = 1,

    /// <summary>Categories N*.</summary>
    Number = 2,

    /// <summary>Unicode's White_Space.</summary>
    Space = 4,

    /// <summary>What may stand in the upper-case part of a word: Lu, Lt, Lm, Lo, M*.</summary>
    Upper = 8,

    /// <summary>What may stand in the lower-case part of a word: Ll, Lm, Lo, M*.</summary>
    Lower = 16,

    /// <summary>Carriage return and line feed.</summary>
    LineEnd = 32,

    /// <summary>Half of a code point above U+FFFF. Only in the table.</summary>
    Half = 64,
}

/// <summary>The kinds of all code points: a table of 64 KiB for those of one UTF-16 unit, made at its first use.</summary>
internal static class CharacterKinds
{
    /// <summary>Letter, number, space.</summary>
    public const CharacterKind Main = CharacterKind.Letter | CharacterKind.Number | CharacterKind.Space;

    private static readonly CharacterKind[] Table = [.. Enumerable.Range(0, 0x10000).Select(Of)];

    /// <summary>The kind of the code point that begins at a place, and its length in UTF-16 units.</summary>
    public static CharacterKind At(ReadOnlySpan<char> text, int at, out int length)
    {
        length = 1;
        var kind = Table[text[at]];
        return (kind & CharacterKind.Half) == 0 ? kind : OfPair(text, at, out length);
    }

    private static CharacterKind OfPair(ReadOnlySpan<char> text, int at, out int length)
    {
        // A lone surrogate becomes U+FFFD when it is encoded, which is neither letter nor number.
        var whole = char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]);
        length = whole ? 2 : 1;
        return whole ? Of(char.ConvertToUtf32(text[at], text[at + 1])) : CharacterKind.Other;
    }

    private static CharacterKind Of(int codePoint) => CodePoints.IsSpace(codePoint)
        ? CharacterKind.Space | (codePoint is '\r' or '\n' ? CharacterKind.LineEnd : 0)
        : CharUnicodeInfo.GetUnicodeCategory(codePoint) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter => CharacterKind.Letter | CharacterKind.Upper,
            UnicodeCategory.LowercaseLetter => CharacterKind.Letter | CharacterKind.Lower,
            UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => CharacterKind.Letter | CharacterKind.Upper | CharacterKind.Lower,
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => CharacterKind.Upper | CharacterKind.Lower,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => CharacterKind.Number,
            UnicodeCategory.Surrogate => CharacterKind.Half,
            _ => CharacterKind.Other,
        };
}
