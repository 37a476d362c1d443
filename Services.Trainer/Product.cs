using System.Reflection;

namespace Temper.Services.Trainer;

/// <summary>Which product this is.</summary>
internal static class Product
{
    /// <summary>Version of the assembly.</summary>
    public static Version Version { get; } = typeof(Product).Assembly.GetName().Version ?? new(0, 0);

    /// <summary>Version and, where the build knew it, commit.</summary>
    public static string Informational { get; } = typeof(Product).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? Version.ToString();
}
