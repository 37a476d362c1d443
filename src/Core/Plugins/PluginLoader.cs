using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Microsoft.Extensions.DependencyInjection;
using Temper.Core.Errors;

namespace Temper.Core.Plugins;

/// <summary>Something that a plug-in registered as an instance, and whose it is.</summary>
/// <param name="Part">The instance.</param>
/// <param name="Plugin">The plug-in.</param>
public sealed record PluginOrigin(object Part, FoundPlugin Plugin);

/// <summary>Loads plug-ins into load contexts of their own, so that two of them can use different versions of one library.</summary>
public static class PluginLoader
{
    /// <summary>Whose the parts are that were registered as instances.</summary>
    private static readonly ConditionalWeakTable<object, FoundPlugin> Owners = [];

    /// <summary>Registers every enabled plug-in below <paramref name="path"/> with <paramref name="services"/>.</summary>
    /// <returns>Those that were loaded, in order.</returns>
    /// <exception cref="TemperException">What <see cref="PluginFolder.InOrder"/> throws, and <c>plugin_load_failed</c>.</exception>
    public static IReadOnlyList<FoundPlugin> Load(string path, IServiceCollection services, Version product)
    {
        var plugins = PluginFolder.InOrder(PluginFolder.Find(path), product);
        foreach (var plugin in plugins)
            Register(plugin, services);
        return plugins;
    }

    /// <summary>A plug-in's own code may throw anything; whatever it is, the error names the plug-in.</summary>
    private static void Register(FoundPlugin plugin, IServiceCollection services)
    {
        var (entry, before) = (Create(plugin), services.Count);
        try
        {
            entry.Register(services);
            foreach (var added in services.Skip(before).Where(s => !s.IsKeyedService && s.ImplementationInstance is not null).ToArray())
            {
                services.AddSingleton(new PluginOrigin(added.ImplementationInstance!, plugin));
                Owners.AddOrUpdate(added.ImplementationInstance!, plugin);
            }
        }
        catch (Exception e)
        {
            throw new TemperException("plugin_load_failed", $"Plug-in '{plugin.Manifest.Name}' {plugin.Manifest.Version} failed to register: {e.GetType().Name}: {e.Message}",
                Without(plugin), e);
        }
    }

    private static ITemperPlugin Create(FoundPlugin plugin)
    {
        var file = Path.Combine(Path.GetFullPath(plugin.Folder), plugin.Manifest.Assembly);
        try
        {
            var assembly = new PluginContext(file).LoadFromAssemblyPath(file);
            return (ITemperPlugin)Activator.CreateInstance(assembly.GetType(plugin.Manifest.Type, throwOnError: true)!)!;
        }
        catch (Exception e) when (e is IOException or BadImageFormatException or TypeLoadException or MissingMethodException or InvalidCastException or InvalidOperationException or TargetInvocationException)
        {
            throw new TemperException("plugin_load_failed", $"Plug-in '{plugin.Manifest.Name}' {plugin.Manifest.Version} cannot be loaded from {file}: {(File.Exists(file) ? e.Message : "There is no such file.")}",
                $"Check assembly and type in {Path.Combine(plugin.Folder, PluginManifest.FileName)}; {Without(plugin)}", e);
        }
    }

    /// <summary>Two parts of one kind have one name.</summary>
    /// <param name="kind">What they are called in messages.</param>
    /// <param name="name">Theirs.</param>
    /// <param name="first">The part that was there; null where it is built in.</param>
    /// <param name="second">The other.</param>
    public static TemperException Twice(string kind, string name, object? first, object second)
    {
        FoundPlugin?[] owners = [.. new[] { first, second }.Select(part => part is not null && Owners.TryGetValue(part, out var plugin) ? plugin : null)];
        var whose = owners.Distinct().Select(owner => owner is null ? "a built-in one" : $"that of the plug-in '{owner.Manifest.Name}'");
        return new("part_twice", $"The {kind} '{name}' is there twice: {string.Join(" and ", whose)}.",
            owners.LastOrDefault(owner => owner is not null) is { } last ? $"Plug-ins give their parts names of their own; {Without(last)}" : "Plug-ins give their parts names of their own.");
    }

    private static string Without(FoundPlugin plugin) => $"`temper plugins disable {plugin.Manifest.Name}` starts without it.";

    /// <summary>
    /// What the host has itself (the contracts above all) comes from the host, so that types are the same on both sides; everything else from the
    /// plug-in's folder. A library that both have in another version stays the plug-in's own.
    /// </summary>
    private sealed class PluginContext(string file) : AssemblyLoadContext(Path.GetFileNameWithoutExtension(file))
    {
        private static readonly string Contracts = typeof(ITemperPlugin).Assembly.GetName().Name!;
        private readonly AssemblyDependencyResolver _resolver = new(file);

        protected override Assembly? Load(AssemblyName name)
        {
            if (IsShared(name))
                return null;
            var path = _resolver.ResolveAssemblyToPath(name);
            return path is null ? null : LoadFromAssemblyPath(path);
        }

        protected override nint LoadUnmanagedDll(string unmanagedDllName)
        {
            var path = _resolver.ResolveUnmanagedDllToPath(unmanagedDllName);
            return path is null ? 0 : LoadUnmanagedDllFromPath(path);
        }

        private static bool IsShared(AssemblyName name) => name.Name == Contracts
            || name.Name!.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal) && Default.Assemblies.Any(a => a.GetName().Name == name.Name)
            || ProductAssemblies.Contains(name.Name);
    }

    /// <summary>Assemblies of the product that define ports.</summary>
    private static readonly HashSet<string> ProductAssemblies = ["Core", "Tensors", "Models", "Storage", "Ingest", "Training"];
}
