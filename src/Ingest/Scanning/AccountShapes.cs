namespace Temper.Ingest;

/// <summary>Numbers of payment cards and bank accounts, both with their check digits.</summary>
internal static class AccountShapes
{
    private const int LongestIban = 34;

    /// <summary>Country and length of its IBANs (SWIFT's registry).</summary>
    private static ReadOnlySpan<byte> Countries =>
        "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BR29CH21CR22CY28CZ24DE22DK18DO28EE20EG29ES24FI18FO18FR27GB22GE22GI23GL18GR27GT28HR21HU28IE22IL23IS26IT27JO30KW30KZ20LB28LI21LT20LU20LV21MC27MD24ME22MK19MT31NL18NO15PK24PL28PS29PT25QA29RO24RS22SA24SE24SI19SK24SM27TN24TR26UA29VG24XK20"u8;

    /// <summary>A card's number: the digits that issuers use, Luhn's sum, and the groups in which cards print them, or none.</summary>
    public static Finding? Card(in DigitGroups groups, int first)
    {
        var last = -1;
        foreach (var sign in " -"u8)
        {
            if (groups.Are(first, [4, 4, 4, 4], sign))
                last = first + 3;
            else if (groups.Are(first, [4, 4, 4, 4, 3], sign))
                last = first + 4;
            else if (groups.Are(first, [4, 6, 5], sign) || groups.Are(first, [4, 6, 4], sign))
                last = first + 2;
        }
        if (last < 0 && groups[first].Length is >= 13 and <= 19 && groups.IsBounded(first, first))
            last = first;
        Span<byte> digits = stackalloc byte[19];
        if (last < 0 || groups.Join(first, last, digits) is var length && !IsIssued(digits[..length]))
            return null;
        return CheckDigits.Luhn(digits[..length]) ? new(FindingKind.CreditCard, groups.Start(first), groups.End(last) - groups.Start(first)) : null;
    }

    /// <summary>An IBAN whose first check digit is at a place: two letters before it, the country's length, remainder 1 by 97.</summary>
    public static Finding? Iban(ReadOnlySpan<byte> text, int at, int floor)
    {
        var start = at - 2;
        if (start < floor || !Ascii.IsLetter(text[start]) || !Ascii.BeginsAt(text, start) || at + 1 >= text.Length || !Ascii.IsDigit(text[at + 1]) || Length(text[start], text[start + 1]) is not { } length)
            return null;
        Span<byte> compact = stackalloc byte[LongestIban];
        var (count, end) = (0, start);
        while (end < text.Length && count < length)
        {
            if (Ascii.IsDigit(text[end]) || Ascii.IsLetter(text[end]))
                compact[count++] = text[end];
            else if (text[end] is not ((byte)' ' or (byte)'-') || end + 1 >= text.Length || !Ascii.IsWord(text[end + 1]))
                break;
            end++;
        }
        if (count < length || !Ascii.EndsAt(text, end))
            return null;
        return CheckDigits.Mod97(compact[..4], CheckDigits.Mod97(compact[4..length])) == 1 ? new(FindingKind.Iban, start, end - start) : null;
    }

    private static int? Length(byte first, byte second)
    {
        for (var i = 0; i < Countries.Length; i += 4)
        {
            if (Countries[i] == (first & 0xDF) && Countries[i + 1] == (second & 0xDF))
                return CheckDigits.Number(Countries.Slice(i + 2, 2));
        }
        return null;
    }

    /// <summary>Whether some network issues numbers that begin so, in this length (ISO/IEC 7812 prefixes as the networks publish them).</summary>
    private static bool IsIssued(ReadOnlySpan<byte> digits)
    {
        var (two, three, four) = (CheckDigits.Number(digits[..2]), CheckDigits.Number(digits[..3]), CheckDigits.Number(digits[..4]));
        return digits.Length switch
        {
            13 => digits[0] == '4',
            14 => two is 36 or 38 or 39 || three is >= 300 and <= 305,
            15 => two is 34 or 37,
            16 => digits[0] == '4' || two is >= 51 and <= 55 or 65 or 62 || four is >= 2221 and <= 2720 or 6011 or >= 3528 and <= 3589 || three is >= 644 and <= 649,
            _ => digits[0] == '4' || two is 62 or 65,
        };
    }
}
