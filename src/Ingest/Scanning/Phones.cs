namespace Temper.Ingest;

/// <summary>Numbers of telephones, in the forms in which people write them: abroad (+49 30 …), North American, and with a leading zero.</summary>
internal static class Phones
{
    /// <summary>One that begins at a group of digits.</summary>
    public static Finding? Find(ReadOnlySpan<byte> text, in DigitGroups groups, int first, int floor)
    {
        var plus = first == 0 && groups.Start(0) > floor && text[groups.Start(0) - 1] == '+';
        if (plus && (groups.Start(0) < 2 || !Ascii.IsWord(text[groups.Start(0) - 2])))
            return Abroad(groups, 0, groups.Start(0) - 1, 8);
        if (!Begins(text, groups, first))
            return null;
        if (groups[first] is [(byte)'0', (byte)'0', not (byte)'0', ..] && groups.Count > first + 1)
            return Abroad(groups, first, groups.Start(first), 10);
        return American(text, groups, first) ?? LeadingZero(groups, first);
    }

    private static bool Begins(ReadOnlySpan<byte> text, in DigitGroups groups, int first)
    {
        if (first > 0)
            return groups.Sign(first - 1) == ' ';
        var at = groups.Start(0);
        return at == 0 || (!Ascii.IsWord(text[at - 1]) && text[at - 1] is not ((byte)'.' or (byte)'-' or (byte)'/' or (byte)'#' or (byte)'$' or (byte)',' or (byte)'+'));
    }

    private static Finding? Abroad(in DigitGroups groups, int first, int start, int least)
    {
        var (digits, last) = (0, -1);
        for (var group = first; group < groups.Count && digits + groups[group].Length <= 15; group++)
        {
            // Behind a whole number, a lone digit or what follows a number in one piece is another word.
            if (digits >= 10 && (groups[group].Length == 1 || groups[first].Length >= 9))
                break;
            digits += groups[group].Length;
            if (digits >= least && groups.EndsBehind(group))
                last = group;
        }
        return last < 0 ? null : new(FindingKind.Phone, start, groups.End(last) - start);
    }

    /// <summary>Area, exchange, line: 3, 3 and 4 digits, area and exchange from 200 on, the country's 1 before them or not.</summary>
    private static Finding? American(ReadOnlySpan<byte> text, in DigitGroups groups, int first)
    {
        var area = groups[first] is [(byte)'1'] ? first + 1 : first;
        if (area + 2 >= groups.Count || groups[area].Length != 3 || groups[area + 1].Length != 3 || groups[area + 2].Length != 4 || !groups.EndsBehind(area + 2))
            return null;
        if (groups[area][0] < '2' || groups[area + 1][0] < '2' || groups.Sign(area) is (byte)'/' || groups.Sign(area + 1) is not ((byte)'-' or (byte)'.' or (byte)' '))
            return null;
        var start = groups.Start(first);
        if (start > 0 && text[start - 1] == '(' && text[groups.End(first)] == ')')
            start--;
        return new(FindingKind.Phone, start, groups.End(area + 2) - start);
    }

    /// <summary>An area that begins with 0 and its number, together 9 to 12 digits; not a date.</summary>
    private static Finding? LeadingZero(in DigitGroups groups, int first)
    {
        if (groups[first] is not [(byte)'0', not (byte)'0', ..] || groups[first].Length > 5)
            return null;
        var (digits, last) = (0, first);
        for (var group = first; group < groups.Count && digits + groups[group].Length <= 12; group++)
        {
            if (group > first && groups.Sign(group - 1) is not ((byte)' ' or (byte)'-' or (byte)'/' or (byte)')'))
                break;
            (digits, last) = (digits + groups[group].Length, group);
        }
        var date = last > first && groups[first].Length == 2 && groups[first + 1].Length == 2 && groups.Sign(first) is (byte)'/' or (byte)'-';
        return digits >= 9 && last > first && !date && groups.EndsBehind(last) ? new(FindingKind.Phone, groups.Start(first), groups.End(last) - groups.Start(first)) : null;
    }
}
