namespace Temper.Ingest;

/// <summary>Check digits. All take the digits as bytes '0' to '9', without what separates them.</summary>
internal static class CheckDigits
{
    /// <summary>Luhn's sum (ISO/IEC 7812-1).</summary>
    public static bool Luhn(ReadOnlySpan<byte> digits)
    {
        var sum = 0;
        for (var i = 0; i < digits.Length; i++)
        {
            var digit = digits[^(i + 1)] - '0';
            if (i % 2 == 1)
                digit = digit > 4 ? 2 * digit - 9 : 2 * digit;
            sum += digit;
        }
        return sum % 10 == 0;
    }

    /// <summary>Remainder by 97 of an alphanumeric number, letters as 10 to 35 (ISO 7064, as IBANs use it), begun at a remainder.</summary>
    public static int Mod97(ReadOnlySpan<byte> text, int remainder = 0)
    {
        foreach (var b in text)
            remainder = Ascii.IsDigit(b) ? (remainder * 10 + b - '0') % 97 : (remainder * 100 + (b | 0x20) - 'a' + 10) % 97;
        return remainder;
    }

    /// <summary>Sum of digits times weights.</summary>
    public static int Weighted(ReadOnlySpan<byte> digits, ReadOnlySpan<byte> weights)
    {
        var sum = 0;
        for (var i = 0; i < weights.Length; i++)
            sum += (digits[i] - '0') * weights[i];
        return sum;
    }

    /// <summary>ISO 7064 MOD 11,10 over all but the last digit, which is the check.</summary>
    public static bool Mod11Of10(ReadOnlySpan<byte> digits)
    {
        var product = 10;
        foreach (var b in digits[..^1])
        {
            var sum = (b - '0' + product) % 10;
            product = (sum == 0 ? 10 : sum) * 2 % 11;
        }
        return (11 - product) % 10 == digits[^1] - '0';
    }

    /// <summary>Whether digits are a month and a day of some year.</summary>
    public static bool IsMonthAndDay(ReadOnlySpan<byte> digits) =>
        Number(digits[..2]) is >= 1 and <= 12 && Number(digits.Slice(2, 2)) is >= 1 and <= 31;

    /// <summary>The value of up to nine digits.</summary>
    public static int Number(ReadOnlySpan<byte> digits)
    {
        var number = 0;
        foreach (var b in digits)
            number = number * 10 + b - '0';
        return number;
    }
}
