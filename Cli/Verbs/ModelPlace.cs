using System.CommandLine;
using Temper.Core.Errors;
using Temper.Core.References;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Models;

namespace Temper.Cli.Verbs;

/// <summary>Where the files of a model lie on this machine. A folder is used as it is; a version of the registry is fetched into the home's cache.</summary>
/// <param name="Folder">The model's own files; of an adapter, the adapter's alone.</param>
/// <param name="Base">The folder of the base that an adapter was made for; null for a whole model.</param>
internal sealed record ModelPlace(string Folder, string? Base)
{
    private const string AdapterConfig = "adapter_config.json";

    /// <summary>The folder of the whole model: its own, or the base's.</summary>
    public string Whole => Base ?? Folder;

    public static Argument<string> Argument() => new("ref") { Description = "A folder such as ./model, or NAME, NAME:VERSION, NAME@ALIAS", HelpName = "REF" };

    /// <summary>A model and, where it is an adapter, its base, ready to be opened: what plug-ins bring is known. Without <paramref name="needsBase"/> an adapter in a folder may have lost its base.</summary>
    /// <exception cref="TemperException">Codes <c>model_not_found</c>, <c>reference_invalid</c>, <c>server_unreachable</c> and those of the download.</exception>
    public static async Task<ModelPlace> FindAsync(ParseResult parsed, string reference, CancellationToken ct, bool needsBase = true)
    {
        PluginsVerb.Parts(parsed); // Its architecture, or its head, may be a plug-in's.
        if (Reference.Parse(reference) is Reference.Folder)
            return await LocalAsync(parsed, reference, needsBase, ct);
        return await WithRegistryAsync(parsed, reference, async (cache, pin) =>
            new ModelPlace(await cache.GetAsync(pin, ct), pin.Base is { } made ? await cache.GetAsync(made, ct) : null), ct);
    }

    /// <summary>Tokenizer and chat template of a model: of an adapter its own, where it brings them.</summary>
    public static async Task<TextFolder> TextAsync(ParseResult parsed, string reference, CancellationToken ct)
    {
        var place = await FindAsync(parsed, reference, ct);
        return TextFolder.Open(HasFile(place.Folder, "tokenizer.json") ? place.Folder : place.Whole, place.Base is null ? null : place.Folder);
    }

    /// <summary>The folder that holds <paramref name="file"/>: the model's own, or that of its base, which is fetched only when it is needed.</summary>
    public static async Task<string> FolderAsync(ParseResult parsed, string reference, string file, CancellationToken ct)
    {
        if (Reference.Parse(reference) is Reference.Folder)
            return HasFile(reference, file) ? Path.GetFullPath(reference) : (await LocalAsync(parsed, reference, needsBase: true, ct)).Whole;
        return await WithRegistryAsync(parsed, reference, async (cache, pin) =>
            pin.Base is { } made && pin.Files.All(f => f.Path != file) ? await cache.GetAsync(made, ct) : await cache.GetAsync(pin, ct), ct);
    }

    private static async Task<ModelPlace> LocalAsync(ParseResult parsed, string folder, bool needsBase, CancellationToken ct)
    {
        if (!Directory.Exists(folder))
            throw new TemperException("model_not_found", $"There is no folder {Path.GetFullPath(folder)}.", "Check the spelling; a model of the registry is written without a slash: NAME:VERSION.");
        var own = Path.GetFullPath(folder);
        if (HasFile(own, "config.json") || !HasFile(own, AdapterConfig))
            return new(own, null);
        var config = Path.Combine(own, AdapterConfig);
        var made = LoraConfig.Parse(await File.ReadAllBytesAsync(config, ct), config).BaseModel;
        if (made is not null && Directory.Exists(made))
            return new(own, Path.GetFullPath(made));
        if (made?.StartsWith("registry://", StringComparison.Ordinal) == true)
            return new(own, (await FindAsync(parsed, made, ct)).Whole);
        return !needsBase ? new(own, null) : throw new TemperException([new Problem("model_not_found", $"The adapter was made for '{made}', which is no folder here and no reference registry://NAME:VERSION.")
        {
            File = config,
            Path = "base_model_name_or_path",
            Value = made,
            Hint = "Write there the folder of its base, or registry://NAME:VERSION.",
        }]);
    }

    private static async Task<T> WithRegistryAsync<T>(ParseResult parsed, string reference, Func<ModelFolderCache, ModelPin, Task<T>> use, CancellationToken ct)
    {
        try
        {
            using var registry = GlobalOptions.Connect(parsed);
            var model = await registry.Models.ResolveAsync(reference, ct);
            return await use(new ModelFolderCache(registry, GlobalOptions.Home(parsed).ModelCache, TimeProvider.System), model.Pin);
        }
        catch (TemperException e) when (Directory.Exists(reference) && e.Kind is ErrorKind.NotFound or ErrorKind.Environment)
        {
            throw new TemperException([.. e.Problems.Select(problem => problem with { Hint = $"For the folder of that name write ./{reference}." })], e);
        }
    }

    private static bool HasFile(string folder, string file) => File.Exists(Path.Combine(folder, file));
}
