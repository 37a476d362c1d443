namespace Temper.Ingest;

/// <summary>
/// Numbers that states give to people, where their form or their check digits tell them from others: the United States, France, Germany, Spain, Poland,
/// Sweden, Brazil, China, Canada.
/// </summary>
internal static class NationalIds
{
    private static ReadOnlySpan<byte> SpanishLetters => "TRWAGMYFPDXBNJZSQVHLCKE"u8;

    /// <summary>One that begins at a group of digits.</summary>
    public static Finding? Find(ReadOnlySpan<byte> text, in DigitGroups groups, int first)
    {
        if (groups.Are(first, [3, 2, 4], (byte)'-') || groups.Are(first, [3, 2, 4], (byte)' '))
            return IsSsn(groups[first], groups[first + 1], groups[first + 2]) ? Of(FindingKind.UsSsn, groups, first, first + 2) : null;
        if (groups.Are(first, [3, 3, 3, 2], (byte)'.', (byte)'-'))
            return IsCpf(groups, first) ? Of(FindingKind.NationalId, groups, first, first + 3) : null;
        if (groups.Are(first, [1, 2, 2, 2, 3, 3, 2], (byte)' '))
            return IsFrench(groups, first, first + 6) ? Of(FindingKind.NationalId, groups, first, first + 6) : null;
        if (groups.Are(first, [2, 3, 3, 3], (byte)' '))
            return IsGerman(groups, first, first + 3) ? Of(FindingKind.NationalId, groups, first, first + 3) : null;
        if (groups.Are(first, [6, 4], (byte)'-'))
            return IsSwedish(groups, first) ? Of(FindingKind.NationalId, groups, first, first + 1) : null;
        if (groups.Are(first, [3, 3, 3], (byte)'-'))
            return IsCanadian(groups, first) ? Of(FindingKind.NationalId, groups, first, first + 2) : null;
        return Whole(text, groups, first);
    }

    /// <summary>A Spanish number of a foreigner: X, Y or Z, seven digits, a check letter.</summary>
    public static Finding? LetterFirst(ReadOnlySpan<byte> text, int at, int floor)
    {
        var start = at - 1;
        if (start < floor || text[start] is not ((byte)'X' or (byte)'Y' or (byte)'Z') || !Ascii.BeginsAt(text, start) || at + 8 > text.Length || !Ascii.EndsAt(text, at + 8))
            return null;
        foreach (var b in text.Slice(at, 7))
        {
            if (!Ascii.IsDigit(b))
                return null;
        }
        return SpanishLetters[((text[start] - 'X') * 10_000_000 + CheckDigits.Number(text.Slice(at, 7))) % 23] == text[at + 7] ? new(FindingKind.NationalId, start, 9) : null;
    }

    private static Finding? Whole(ReadOnlySpan<byte> text, in DigitGroups groups, int first)
    {
        var digits = groups[first];
        var end = groups.End(first);
        if (digits.Length is 8 or 17 && end < text.Length && Ascii.IsLetter(text[end]) && Ascii.EndsAt(text, end + 1) && Ascii.BeginsAt(text, groups.Start(first)))
        {
            var letter = text[end];
            if (digits.Length == 8 ? letter == SpanishLetters[CheckDigits.Number(digits) % 23] : letter is (byte)'X' or (byte)'x' && IsChinese(digits, 10))
                return new(FindingKind.NationalId, groups.Start(first), digits.Length + 1);
        }
        if (!groups.IsBounded(first, first))
            return null;
        var found = digits.Length switch
        {
            11 => IsPolish(digits) || IsGerman(groups, first, first),
            15 => IsFrench(groups, first, first),
            18 => IsChinese(digits[..17], digits[17] - '0'),
            _ => false,
        };
        return found ? Of(FindingKind.NationalId, groups, first, first) : null;
    }

    private static bool IsSsn(ReadOnlySpan<byte> area, ReadOnlySpan<byte> group, ReadOnlySpan<byte> serial) =>
        CheckDigits.Number(area) is not (0 or 666 or >= 900) && CheckDigits.Number(group) > 0 && CheckDigits.Number(serial) > 0;

    private static bool IsCpf(in DigitGroups groups, int first)
    {
        Span<byte> digits = stackalloc byte[11];
        groups.Join(first, first + 3, digits);
        return digits.ContainsAnyExcept(digits[0]) && Check(CheckDigits.Weighted(digits, [10, 9, 8, 7, 6, 5, 4, 3, 2])) == digits[9] - '0'
            && Check(CheckDigits.Weighted(digits, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2])) == digits[10] - '0';

        static int Check(int sum) => sum % 11 < 2 ? 0 : 11 - sum % 11;
    }

    private static bool IsFrench(in DigitGroups groups, int first, int last)
    {
        Span<byte> digits = stackalloc byte[15];
        groups.Join(first, last, digits);
        var month = CheckDigits.Number(digits.Slice(3, 2));
        return digits[0] is (byte)'1' or (byte)'2' && month is (>= 1 and <= 12) or (>= 20 and <= 42) or >= 50 && 97 - CheckDigits.Mod97(digits[..13]) == CheckDigits.Number(digits[13..]);
    }

    /// <summary>A German tax id: one of the first ten digits stands two or three times, the others at most once; check digit by ISO 7064.</summary>
    private static bool IsGerman(in DigitGroups groups, int first, int last)
    {
        Span<byte> digits = stackalloc byte[11];
        groups.Join(first, last, digits);
        Span<int> counts = stackalloc int[10];
        foreach (var b in digits[..10])
            counts[b - '0']++;
        var several = 0;
        foreach (var count in counts)
            several += count > 3 ? 2 : count > 1 ? 1 : 0;
        return digits[0] != '0' && several == 1 && CheckDigits.Mod11Of10(digits);
    }

    private static bool IsPolish(ReadOnlySpan<byte> digits)
    {
        var month = CheckDigits.Number(digits.Slice(2, 2)) % 20;
        return month is >= 1 and <= 12 && CheckDigits.Number(digits.Slice(4, 2)) is >= 1 and <= 31
            && (10 - CheckDigits.Weighted(digits, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10) % 10 == digits[10] - '0';
    }

    private static bool IsSwedish(in DigitGroups groups, int first)
    {
        Span<byte> digits = stackalloc byte[10];
        groups.Join(first, first + 1, digits);
        return CheckDigits.IsMonthAndDay(digits[2..]) && CheckDigits.Luhn(digits);
    }

    private static bool IsCanadian(in DigitGroups groups, int first)
    {
        Span<byte> digits = stackalloc byte[9];
        groups.Join(first, first + 2, digits);
        return digits[0] is not ((byte)'0' or (byte)'8') && CheckDigits.Luhn(digits);
    }

    private static bool IsChinese(ReadOnlySpan<byte> digits, int check) => CheckDigits.IsMonthAndDay(digits[10..]) && CheckDigits.Number(digits.Slice(6, 4)) is >= 1900 and <= 2100
        && (12 - CheckDigits.Weighted(digits, [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11) % 11 == check;

    private static Finding Of(FindingKind kind, in DigitGroups groups, int first, int last) => new(kind, groups.Start(first), groups.End(last) - groups.Start(first));
}
