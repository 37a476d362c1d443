namespace Temper.Ingest;

/// <summary>Numbers that are personal: cards, accounts, telephones, addresses of machines, numbers that states give to people.</summary>
internal static class NumberShapes
{
    /// <summary>What a digit begins, or belongs to.</summary>
    /// <param name="text">All of it.</param>
    /// <param name="at">Place of the first digit of a row.</param>
    /// <param name="floor">Where the last finding ended.</param>
    /// <param name="next">Where to look on.</param>
    public static Finding? At(ReadOnlySpan<byte> text, int at, int floor, out int next)
    {
        if (at > floor && (Ascii.IsLetter(text[at - 1]) || text[at - 1] == '_'))
        {
            next = at + 1;
            while (next < text.Length && Ascii.IsWord(text[next]))
                next++;
            return AccountShapes.Iban(text, at, floor) ?? NationalIds.LetterFirst(text, at, floor) ?? GoogleToken(text, at, floor, next);
        }
        var groups = new DigitGroups(text, at);
        next = groups.End(groups.Count - 1);
        for (var first = 0; first < groups.Count; first++)
        {
            var found = AccountShapes.Card(groups, first) ?? NationalIds.Find(text, groups, first) ?? Ipv4(groups, first) ?? Phones.Find(text, groups, first, floor);
            if (found is not null)
                return found;
        }
        return null;
    }

    private static Finding? Ipv4(in DigitGroups groups, int first)
    {
        if (first + 4 > groups.Count || !groups.IsBounded(first, first + 3))
            return null;
        for (var i = 0; i < 4; i++)
        {
            var part = groups[first + i];
            if (part.Length > 3 || CheckDigits.Number(part) > 255 || (part.Length > 1 && part[0] == '0') || (i < 3 && (groups.Sign(first + i) != '.' || groups.Start(first + i + 1) != groups.End(first + i) + 1)))
                return null;
        }
        // Addresses of this very machine, of none and of all say nothing of anybody.
        var (high, low) = (CheckDigits.Number(groups[first]), CheckDigits.Number(groups[first + 3]));
        return high is 0 or 127 || (high == 255 && low == 255) ? null : new(FindingKind.IpAddress, groups.Start(first), groups.End(first + 3) - groups.Start(first));
    }

    /// <summary>An access token of Google, which begins with <c>ya29.</c></summary>
    private static Finding? GoogleToken(ReadOnlySpan<byte> text, int at, int floor, int end)
    {
        if (at - 2 < floor || end >= text.Length || text[end] != '.' || !text[(at - 2)..end].SequenceEqual("ya29"u8) || !Ascii.BeginsAt(text, at - 2))
            return null;
        var stop = Ascii.EndOf(text, end + 1, Ascii.Token);
        return stop - end > 20 ? new(FindingKind.GoogleApiKey, at - 2, stop - at + 2) : null;
    }
}
