using System.Globalization;
using System.Text.RegularExpressions;
using Temper.Core.Errors;

namespace Temper.Versioning.Repositories;

/// <summary>
/// Dates as git's variables hold them: <c>@SECONDS +HHMM</c> (the sign may be missing), ISO 8601 (<c>2026-01-31T12:00:00+01:00</c>, a blank for the T,
/// without an offset in local time), RFC 2822 (<c>Sat, 31 Jan 2026 12:00:00 +0100</c>).
/// </summary>
public static partial class GitDate
{
    private static readonly string[] Forms =
    [
        "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm", "yyyy.MM.dd HH:mm:ss", "MM/dd/yyyy HH:mm:ss", "dd.MM.yyyy HH:mm:ss", "yyyy-MM-dd HH:mm:ss.FFFFFFF",
        "d MMM yyyy HH:mm:ss", "ddd, d MMM yyyy HH:mm:ss", "ddd MMM d HH:mm:ss yyyy",
    ];

    /// <summary>Milliseconds since 1970, UTC, and the distance of the clock from UTC in minutes.</summary>
    /// <param name="text">The date.</param>
    /// <param name="local">The zone of dates that name none.</param>
    /// <exception cref="TemperException">Code <c>date_invalid</c>.</exception>
    public static (long AtMs, int OffsetMinutes) Parse(string text, TimeZoneInfo local)
    {
        ArgumentNullException.ThrowIfNull(local);
        var (rest, zone) = SplitZone(text.Trim());
        if (Seconds().Match(rest) is { Success: true } match && long.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            && seconds < 100_000_000_000 && (rest[0] == '@' || rest.Length > 8))
            return (seconds * 1000, zone ?? 0);
        if (!DateTime.TryParseExact(rest.Replace('T', ' ').Trim(), Forms, CultureInfo.InvariantCulture, DateTimeStyles.AllowInnerWhite, out var at)
            && !DateTime.TryParseExact(rest, Forms, CultureInfo.InvariantCulture, DateTimeStyles.AllowInnerWhite, out at) || at < DateTime.UnixEpoch)
            throw new TemperException("date_invalid", $"'{text}' is not a date.");
        var offset = zone ?? (int)local.GetUtcOffset(at).TotalMinutes;
        return Math.Max(0, (at.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond - offset * 60_000L) is var ms ? (ms, offset) : default;
    }

    private static (string Text, int? Minutes) SplitZone(string text)
    {
        if (text.EndsWith('Z') || text.EndsWith("GMT", StringComparison.Ordinal) || text.EndsWith("UTC", StringComparison.Ordinal))
            return (text.TrimEnd('Z', 'G', 'M', 'T', 'U', 'C').TrimEnd(), 0);
        if (Zone().Match(text) is not { Success: true } zone)
            return (text, null);
        var (hours, minutes) = (int.Parse(zone.Groups[2].ValueSpan, CultureInfo.InvariantCulture), int.Parse(zone.Groups[3].ValueSpan, CultureInfo.InvariantCulture));
        var total = Math.Min(hours * 60 + minutes, 1439);
        return (text[..zone.Index].TrimEnd(), zone.Groups[1].Value == "-" ? -total : total);
    }

    [GeneratedRegex(@"(?<=\d| )\s?([+-])(\d\d):?(\d\d)$", RegexOptions.CultureInvariant)]
    private static partial Regex Zone();

    [GeneratedRegex(@"^@?(\d{1,18})$", RegexOptions.CultureInvariant)]
    private static partial Regex Seconds();
}
