using System.Globalization;
using Temper.Versioning.Objects;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>Dates of signatures as git writes them, at the clock of who signed.</summary>
internal static class SignatureDate
{
    /// <summary>The ways there are.</summary>
    public static IReadOnlySet<string> Forms { get; } = new HashSet<string> { "default", "iso", "iso8601", "iso-strict", "iso8601-strict", "rfc", "rfc2822", "short", "unix", "raw" };

    public static string Of(Signature who, string form)
    {
        var (at, seconds) = (At(who), who.AtMs / 1000);
        var zone = $"{(who.OffsetMinutes < 0 ? '-' : '+')}{Math.Abs(who.OffsetMinutes) / 60:D2}{Math.Abs(who.OffsetMinutes) % 60:D2}";
        return form switch
        {
            "iso" or "iso8601" => string.Create(CultureInfo.InvariantCulture, $"{at:yyyy-MM-dd HH:mm:ss} {zone}"),
            "iso-strict" or "iso8601-strict" => string.Create(CultureInfo.InvariantCulture, $"{at:yyyy-MM-dd'T'HH:mm:ss}{zone[..3]}:{zone[3..]}"),
            "rfc" or "rfc2822" => string.Create(CultureInfo.InvariantCulture, $"{at:ddd, d MMM yyyy HH:mm:ss} {zone}"),
            "short" => at.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            "unix" => seconds.ToString(CultureInfo.InvariantCulture),
            "raw" => string.Create(CultureInfo.InvariantCulture, $"{seconds} {zone}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{at:ddd MMM d HH:mm:ss yyyy} {zone}"),
        };
    }

    // Hours of a zone may go to 23; the runtime's own type stops at 14.
    private static DateTime At(Signature who) => DateTime.UnixEpoch.AddMilliseconds(who.AtMs).AddMinutes(who.OffsetMinutes);
}
