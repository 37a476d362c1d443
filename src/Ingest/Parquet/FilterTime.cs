using System.Globalization;

namespace Temper.Ingest;

/// <summary>Times that filters name, brought to the spelling of the column they are compared with.</summary>
internal static class FilterTime
{
    /// <summary>The text that the column would have for it; null when it is no such time or finer than the column's unit.</summary>
    public static byte[]? Normalise(string text, LeafForm form, LeafType leaf)
    {
        var invariant = CultureInfo.InvariantCulture;
        var digits = form == LeafForm.Int96 ? 9 : leaf.Logical.Digits;
        var target = new ByteBuffer(48);
        switch (form)
        {
            case LeafForm.Date when DateOnly.TryParseExact(text, "yyyy-MM-dd", invariant, DateTimeStyles.None, out var date):
                IsoTime.Date(target, date.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber);
                break;
            case LeafForm.Time when TimeOnly.TryParse(text.TrimEnd('Z'), invariant, out var time) && InUnits(time.Ticks, digits) is { } units:
                IsoTime.TimeOfDay(target, units, digits, leaf.Logical.Utc);
                break;
            case LeafForm.Timestamp or LeafForm.Int96 when DateTimeOffset.TryParse(text, invariant, DateTimeStyles.AssumeUniversal, out var time) && InUnits((time - DateTimeOffset.UnixEpoch).Ticks, digits) is { } units:
                IsoTime.Timestamp(target, units, digits, form == LeafForm.Int96 || leaf.Logical.Utc);
                break;
            default:
                return null;
        }
        return target.Written[0] == '"' ? target.Written[1..^1].ToArray() : null;
    }

    private static long? InUnits(long ticks, int digits)
    {
        if (digits == 9)
            return ticks is >= long.MinValue / 100 and <= long.MaxValue / 100 ? ticks * 100 : null;
        var perUnit = digits == 6 ? 10 : 10_000;
        return ticks % perUnit == 0 ? ticks / perUnit : null;
    }
}
