using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Temper.Cli.Output;

namespace Temper.Cli.Doctor;

/// <summary>Processor, memory and clock.</summary>
internal static class MachineChecks
{
    private const long FewBytes = 4L << 30;
    private const int FirstYear = 2025;

    public static IEnumerable<Finding> All()
    {
        yield return new("machine", "version", Health.Ok, $"temper {Product.Informational}, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}");
        yield return Processor();
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        yield return memory < FewBytes
            ? new("machine", "memory", Health.Warning, $"{Format.Bytes(memory)} for this process", "Small models train in 4 GiB; give it more for others.")
            : new("machine", "memory", Health.Ok, $"{Format.Bytes(memory)} for this process");
        var now = TimeProvider.System.GetUtcNow();
        yield return now.Year < FirstYear
            ? new("machine", "clock", Health.Failed, $"it says {now.ToString("u", CultureInfo.InvariantCulture)}", "Set it: leases, versions and certificates need the time.")
            : new("machine", "clock", Health.Ok, now.ToString("u", CultureInfo.InvariantCulture));
    }

    private static Finding Processor()
    {
        var cores = $"{Environment.ProcessorCount} processors";
        if (AdvSimd.IsSupported)
            return new("machine", "processor", Health.Ok, $"{cores}, NEON");
        if (!Avx2.IsSupported)
            return new("machine", "processor", Health.Warning, $"{cores} without AVX2", "Training and answering will be slow.");
        return new("machine", "processor", Health.Ok, $"{cores}, AVX2{(Avx512F.IsSupported ? ", AVX-512" : "")}");
    }
}
