using System.CommandLine;
using Temper.Cli.Verbs;
using Temper.Core.Errors;
using Temper.Core.References;
using Temper.Core.Registry;
using Temper.Models;

namespace Temper.Cli.Export;

/// <summary>Folders that a reference stands for: a whole model, and the adapter on it or none.</summary>
/// <param name="Model">Folder with config.json and the weights.</param>
/// <param name="Adapter">Folder with adapter_config.json.</param>
/// <param name="ModelName">The model as people know it.</param>
/// <param name="AdapterName">The adapter as people know it.</param>
internal sealed record ModelParts(string Model, string? Adapter, string ModelName, string? AdapterName)
{
    /// <summary>Finds them. A folder that holds an adapter finds its base by the name in its settings, a folder or a reference.</summary>
    public static async Task<ModelParts> FindAsync(ParseResult parsed, string reference, string? adapter, CancellationToken ct)
    {
        PluginsVerb.Parts(parsed); // Its architecture may be a plug-in's.
        var parts = await FindAsync(parsed, reference, ct);
        if (adapter is null)
            return parts;
        if (parts.Adapter is not null)
            throw new TemperException("usage", $"{reference} is an adapter itself; --adapter puts one on a whole model.", $"Leave out one of them, or name the base: temper merge BASE --adapter {adapter} OUT");
        var other = await FindOwnAsync(parsed, adapter, ct);
        return IsAdapter(other.Folder) ? parts with { Adapter = other.Folder, AdapterName = adapter }
            : throw new TemperException("model_file_missing", $"{adapter} holds no adapter_config.json.", "Name the folder of an adapter.");
    }

    private static async Task<ModelParts> FindAsync(ParseResult parsed, string reference, CancellationToken ct)
    {
        var (folder, made, madeName) = await FindOwnAsync(parsed, reference, ct);
        if (!IsAdapter(folder))
            return new(folder, null, reference, null);
        if (made is not null)
            return new(made, folder, madeName!, reference);
        var settings = Path.Combine(folder, "adapter_config.json");
        var named = LoraConfig.Parse(await File.ReadAllBytesAsync(settings, ct), settings).BaseModel;
        if (named is null || (!Directory.Exists(named) && !named.StartsWith("registry://", StringComparison.Ordinal)))
            throw new TemperException("model_not_found", $"{folder} is an adapter; its settings name {(named is null ? "no base" : $"'{named}' as its base, which is no folder here")}.",
                $"Name the base yourself: temper merge BASE --adapter {folder} OUT");
        return new((await FindOwnAsync(parsed, named, ct)).Folder, folder, named, reference);
    }

    /// <summary>The folder of a reference, and that of the base it is registered with, with its name.</summary>
    private static async Task<(string Folder, string? Base, string? BaseName)> FindOwnAsync(ParseResult parsed, string reference, CancellationToken ct)
    {
        if (Directory.Exists(reference))
            return (Path.GetFullPath(reference), null, null);
        if (Reference.Parse(reference) is Reference.Folder)
            throw new TemperException("model_not_found", $"There is no folder {Path.GetFullPath(reference)}.", "Check the spelling; `temper models` lists the models of the server.");
        using var registry = GlobalOptions.Connect(parsed);
        var cache = new ModelFolderCache(registry, GlobalOptions.Home(parsed).ModelCache, TimeProvider.System);
        var pin = (await registry.Models.ResolveAsync(reference, ct)).Pin;
        return (await cache.GetAsync(pin, ct), pin.Base is { } made ? await cache.GetAsync(made, ct) : null, pin.Base is { } named ? $"{named.Name}:{named.Version}" : null);
    }

    private static bool IsAdapter(string folder) => !File.Exists(Path.Combine(folder, "config.json")) && File.Exists(Path.Combine(folder, "adapter_config.json"));
}
