using System.Globalization;
using Microsoft.AspNetCore.Components;
using Temper.Core.Registry;
using Temper.Core.Work;

namespace Temper.Registry.Ui;

/// <summary>Numbers, times and states as the pages show them.</summary>
internal static class Show
{
    public static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>Counts as they are, everything else with four digits.</summary>
    public static string Metric(double value) => value == Math.Floor(value) && Math.Abs(value) < 1e15 ? value.ToString("N0", CultureInfo.InvariantCulture) : value.ToString("F4", CultureInfo.InvariantCulture);

    /// <summary>Four digits, whatever the size: small numbers do not become nothing.</summary>
    public static string Figure(double value) => Math.Abs(value) is >= 1000 and < 1e7 ? value.ToString("N0", CultureInfo.InvariantCulture) : value.ToString("G4", CultureInfo.InvariantCulture);

    public static string Percent(double share) => (share * 100).ToString("F0", CultureInfo.InvariantCulture) + " %";

    public static string Time(long unixMs) => DateTimeOffset.FromUnixTimeMilliseconds(unixMs).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + " UTC";

    /// <summary>Text whose `code` is set as code.</summary>
    public static RenderFragment Words(string? text) => builder =>
    {
        var parts = (text ?? "").Split('`');
        if (parts.Length % 2 == 0)
            parts = [text!];
        foreach (var (i, part) in parts.Index())
        {
            if (i % 2 == 1)
                builder.OpenElement(0, "code");
            builder.AddContent(1, part);
            if (i % 2 == 1)
                builder.CloseElement();
        }
    };

    /// <summary>A span of time in its largest unit.</summary>
    public static string Left(long ms) => ms switch
    {
        < 60_000 => $"{Math.Max(1, ms / 1000)} s",
        < 3_600_000 => $"{ms / 60_000} min",
        _ => (ms / 3_600_000.0).ToString("F1", CultureInfo.InvariantCulture) + " h",
    };

    public static string Bytes(long bytes) => bytes switch
    {
        < 1 << 10 => $"{bytes} B",
        < 1 << 20 => (bytes / 1024.0).ToString("F1", CultureInfo.InvariantCulture) + " KiB",
        < 1 << 30 => (bytes / 1048576.0).ToString("F1", CultureInfo.InvariantCulture) + " MiB",
        _ => (bytes / 1073741824.0).ToString("F2", CultureInfo.InvariantCulture) + " GiB",
    };

    public static string State(JobInfo job) => job.Standing;

    public static string Made(JobInfo job) => job.Outcome is { Name: { } name, Version: { } version } ? $"{name}:{version}" : "";

    public static string MadeHref(JobInfo job) => job.Kind == WorkKind.Ingest ? $"/datasets/{job.Outcome!.Name}/{job.Outcome.Version}" : $"/models/{job.Outcome!.Name}";
}
