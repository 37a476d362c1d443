using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Files;
using Temper.Core.Json;

namespace Temper.Core.Plugins;

/// <summary><c>plugin.json</c> of one plug-in; it lies in a folder of its own together with its assemblies.</summary>
/// <param name="Name">Unique among the plug-ins of a host; <c>a-z 0-9 . -</c>.</param>
/// <param name="Version">Version of the plug-in.</param>
/// <param name="Assembly">File name of the assembly with the entry point.</param>
/// <param name="Type">Full name of the type that implements <see cref="ITemperPlugin"/>.</param>
/// <param name="Requires">Least versions by name: of other plug-ins, and of <c>temper</c> itself. Another major version does not satisfy.</param>
/// <param name="Enabled">Whether hosts load it.</param>
public sealed record PluginManifest(string Name, Version Version, string Assembly, string Type, IReadOnlyDictionary<string, Version> Requires, bool Enabled = true)
{
    /// <summary>Name of the manifest's file.</summary>
    public const string FileName = "plugin.json";

    /// <summary>Name under which the product itself can be required.</summary>
    public const string Product = "temper";

    /// <summary>Reads the manifest in <paramref name="folder"/>.</summary>
    /// <exception cref="TemperException">Code <c>plugin_manifest_invalid</c>, with the file.</exception>
    public static PluginManifest Read(string folder)
    {
        var file = Path.Combine(folder, FileName);
        try
        {
            var manifest = JsonSerializer.Deserialize<PluginManifest>(File.ReadAllBytes(file), Wire.Strict);
            if (manifest is null || Path.GetFileName(manifest.Assembly) != manifest.Assembly || manifest.Name is "" or Product)
                throw Invalid(file, "it needs name, version, assembly (a file name), type and requires", null);
            return manifest;
        }
        catch (JsonException e)
        {
            throw Invalid(file, JsonFaults.Of(e, "name, version, assembly, type, requires and enabled"), e);
        }
    }

    /// <summary>Writes <paramref name="enabled"/> into the manifest in <paramref name="folder"/>; the rest stays.</summary>
    public static void Enable(string folder, bool enabled)
    {
        var file = Path.Combine(folder, FileName);
        DurableFile.Write(file, JsonSerializer.SerializeToUtf8Bytes(Read(folder) with { Enabled = enabled }, Wire.Pretty));
    }

    private static TemperException Invalid(string file, string why, Exception? inner) =>
        new([new Problem("plugin_manifest_invalid", $"{file} is not a plug-in manifest: {why}.") { File = file, Hint = $"Correct it, or move the folder {Path.GetDirectoryName(file)} elsewhere to start without it." }], inner);
}
