using System.Runtime.CompilerServices;
using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>Errors of image files.</summary>
internal static class ImageFault
{
    public static TemperException Of(string code, FormattableString message) => new(code, FormattableString.Invariant(message), ErrorCatalogue.Find(code)?.Remedy);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static TemperException Truncated(string what) => Of("IMG_TRUNCATED", $"{what}");

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static TemperException Corrupt(string what) => Of("IMG_CORRUPT", $"{what}");

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static TemperException Unsupported(string what) => Of("IMG_UNSUPPORTED", $"{what}");
}
