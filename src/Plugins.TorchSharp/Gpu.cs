using System.Runtime.InteropServices;

namespace Temper.Plugins.TorchSharp;

/// <summary>What NVIDIA's driver says of a GPU, which the binding does not tell.</summary>
internal static class Gpu
{
    private const int ComputeCapabilityMajor = 75, ComputeCapabilityMinor = 76, FirstWithBf16 = 8;

    private delegate int Initialize(uint flags);

    private delegate int GetDevice(out int device, int ordinal);

    private delegate int GetAttribute(out int value, int attribute, int device);

    /// <summary>Why a GPU has no products in bf16; null where it has.</summary>
    /// <param name="index">As CUDA counts the GPUs that this process sees.</param>
    public static string? WhyNoBf16(int index)
    {
        if (!NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1", out var driver))
            return "NVIDIA's driver library is not there to tell what this GPU can do";
        var ask = Function<GetAttribute>(driver, "cuDeviceGetAttribute");
        if (Function<Initialize>(driver, "cuInit")(0) != 0 || Function<GetDevice>(driver, "cuDeviceGet")(out var device, index) != 0
            || ask(out var major, ComputeCapabilityMajor, device) != 0 || ask(out var minor, ComputeCapabilityMinor, device) != 0)
            return "NVIDIA's driver does not tell what this GPU can do";
        return major >= FirstWithBf16 ? null : $"this GPU has compute capability {major}.{minor}, and bf16 begins with {FirstWithBf16}.0";
    }

    private static TFunction Function<TFunction>(nint driver, string name) => Marshal.GetDelegateForFunctionPointer<TFunction>(NativeLibrary.GetExport(driver, name));
}
