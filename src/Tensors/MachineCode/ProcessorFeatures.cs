using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Temper.Tensors;

/// <summary>What this processor and system offer to the matrix kernels, found once. Each member is null when all is there, else what is missing.</summary>
internal static partial class ProcessorFeatures
{
    private const long ArchPrctl = 158, RequestPermission = 0x1023, TileData = 18;

    /// <summary>Dot products of bf16 pairs on 512-bit registers.</summary>
    public static string? MissingForAvx512Bf16()
    {
        if (MissingForAny() is { } missing) return missing;
        return (Leaf(7, 1).Eax >> 5 & 1) == 1 ? null : "the processor has no AVX512_BF16";
    }

    /// <summary>Matrix tiles of bf16 pairs. Asks the system for the right to use them, which holds for the whole process.</summary>
    public static string? MissingForAmxBf16()
    {
        if (MissingForAny() is { } missing) return missing;
        var edx = Leaf(7, 0).Edx;
        if ((edx >> 24 & 1) == 0) return "the processor has no AMX tiles";
        if ((edx >> 22 & 1) == 0) return "the processor's AMX tiles know no bf16";
        // Linux: Documentation/arch/x86/xstate.rst. Refused where the kernel does not save tiles or a signal stack is too small for them.
        return SystemCall(ArchPrctl, RequestPermission, TileData) == 0 ? null : $"the system does not lend AMX tiles (arch_prctl: error {Marshal.GetLastPInvokeError()})";
    }

    /// <summary>The kernels follow the calling convention of Linux on x86-64, and operands are converted in 512-bit registers.</summary>
    private static string? MissingForAny()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64) return "matrix kernels are made for Linux on x86-64";
        // True only when the system saves these registers, too.
        return Avx512BW.IsSupported ? null : "the processor has no AVX-512, or it is switched off";
    }

    private static (uint Eax, uint Edx) Leaf(int leaf, int part)
    {
        if (X86Base.CpuId(0, 0).Eax < leaf || (part > 0 && X86Base.CpuId(leaf, 0).Eax < part)) return default;
        var (eax, _, _, edx) = X86Base.CpuId(leaf, part);
        return ((uint)eax, (uint)edx);
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long SystemCall(long number, long first, long second);
}
