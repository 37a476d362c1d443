using System.Runtime.InteropServices;
using TorchSharp;

namespace Temper.Plugins.TorchSharp;

/// <summary>The libtorch that was loaded. The binding's own version is that of the package it was made for, whatever library stands in its place.</summary>
internal static class Library
{
    private delegate ulong AskVersion();

    /// <summary>Its version, as it says itself: from 2.9 on; null where it does not. Once the binding has loaded it.</summary>
    public static Version? Version()
    {
        if (!NativeLibrary.TryLoad("torch_cpu", typeof(torch).Assembly, null, out var library) || !NativeLibrary.TryGetExport(library, "aoti_torch_abi_version", out var ask))
            return null;
        // A byte each: major, minor, patch; the rest is no version.
        var number = Marshal.GetDelegateForFunctionPointer<AskVersion>(ask)();
        return new((int)(number >> 56), (int)(number >> 48 & 255), (int)(number >> 40 & 255));
    }
}
