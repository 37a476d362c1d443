using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Temper.Registry;

/// <summary>Where the registry's spans and measurements come from.</summary>
internal static class RegistryTelemetry
{
    public const string Name = "Temper.Registry";

    public static readonly ActivitySource Source = new(Name);

    private static readonly Meter Meter = new(Name);

    public static readonly Counter<long> UploadedBytes = Meter.CreateCounter<long>("temper.upload.bytes", "By", "Bytes of uploads that became durable.");

    public static readonly Counter<long> Claims = Meter.CreateCounter<long>("temper.work.claims", "{claim}", "Rows of work that were leased.");

    public static readonly Counter<long> Versions = Meter.CreateCounter<long>("temper.versions", "{version}", "Versions published, by kind.");
}
