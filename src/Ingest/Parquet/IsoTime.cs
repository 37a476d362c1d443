using System.Buffers.Binary;

namespace Temper.Ingest;

/// <summary>
/// Dates and times as ISO 8601 with as many digits behind the second as the column's unit has, so that texts of one column sort as their times do.
/// Days are counted in the proleptic Gregorian calendar from 1970-01-01.
/// </summary>
internal static class IsoTime
{
    private const long FirstDay = -719_162, LastDay = 2_932_896;
    private const long UnixEpochAsJulianDay = 2_440_588;
    private const long NanosecondsPerDay = 86_400_000_000_000;

    public static void Date(ByteBuffer target, long days)
    {
        if (days is < FirstDay or > LastDay)
        {
            LeafJson.OutOfRange(target);
            return;
        }
        target.Add((byte)'"');
        Day(target, days);
        target.Add((byte)'"');
    }

    /// <param name="target">Where to.</param>
    /// <param name="units">Since midnight.</param>
    /// <param name="digits">3, 6 or 9: what a unit is.</param>
    /// <param name="utc">Whether it is UTC.</param>
    public static void TimeOfDay(ByteBuffer target, long units, int digits, bool utc)
    {
        if (units < 0 || units >= 86_400 * PerSecond(digits))
        {
            LeafJson.OutOfRange(target);
            return;
        }
        target.Add((byte)'"');
        Clock(target, units, digits);
        if (utc)
            target.Add((byte)'Z');
        target.Add((byte)'"');
    }

    /// <param name="target">Where to.</param>
    /// <param name="units">Since 1970.</param>
    /// <param name="digits">3, 6 or 9: what a unit is.</param>
    /// <param name="utc">Whether it is UTC.</param>
    public static void Timestamp(ByteBuffer target, long units, int digits, bool utc)
    {
        var perDay = 86_400 * PerSecond(digits);
        var (days, rest) = Math.DivRem(units, perDay);
        if (rest < 0)
            (days, rest) = (days - 1, rest + perDay);
        Write(target, days, rest, digits, utc);
    }

    /// <summary>Nanoseconds of the day in eight bytes, and the Julian day in four: how Impala and Spark once stored timestamps, in UTC.</summary>
    public static void Int96(ByteBuffer target, ReadOnlySpan<byte> bytes)
    {
        var nanoseconds = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        var days = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]) - UnixEpochAsJulianDay;
        if (nanoseconds is < 0 or >= NanosecondsPerDay)
            LeafJson.OutOfRange(target);
        else
            Write(target, days, nanoseconds, 9, utc: true);
    }

    /// <summary>Units in a second.</summary>
    public static long PerSecond(int digits) => digits switch { 3 => 1_000, 6 => 1_000_000, _ => 1_000_000_000 };

    private static void Write(ByteBuffer target, long days, long units, int digits, bool utc)
    {
        if (days is < FirstDay or > LastDay)
        {
            LeafJson.OutOfRange(target);
            return;
        }
        target.Add((byte)'"');
        Day(target, days);
        target.Add((byte)'T');
        Clock(target, units, digits);
        if (utc)
            target.Add((byte)'Z');
        target.Add((byte)'"');
    }

    private static void Day(ByteBuffer target, long days)
    {
        var date = DateOnly.FromDayNumber((int)(days - FirstDay));
        Digits(target, date.Year, 4);
        target.Add((byte)'-');
        Digits(target, date.Month, 2);
        target.Add((byte)'-');
        Digits(target, date.Day, 2);
    }

    private static void Clock(ByteBuffer target, long units, int digits)
    {
        var (seconds, fraction) = Math.DivRem(units, PerSecond(digits));
        Digits(target, seconds / 3600, 2);
        target.Add((byte)':');
        Digits(target, seconds / 60 % 60, 2);
        target.Add((byte)':');
        Digits(target, seconds % 60, 2);
        target.Add((byte)'.');
        Digits(target, fraction, digits);
    }

    private static void Digits(ByteBuffer target, long number, int count)
    {
        var span = target.GetSpan(count)[..count];
        for (var i = count - 1; i >= 0; i--, number /= 10)
            span[i] = (byte)('0' + number % 10);
        target.Advance(count);
    }
}
