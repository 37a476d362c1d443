using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>Which files of a repository a model needs.</summary>
internal static class HubSelection
{
    private const string Single = "model.safetensors", Index = "model.safetensors.index.json";
    private static readonly string[] Required = ["config.json", "tokenizer.json"];

    private static readonly string[] Optional =
    [
        "generation_config.json", "tokenizer_config.json", ChatTemplate.FileName, "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt", "vocab.txt",
        "preprocessor_config.json", "modules.json", "sentence_bert_config.json", "config_sentence_transformers.json", "1_Pooling/config.json", "LICENSE", "LICENSE.txt", "LICENSE.md",
    ];

    /// <summary>The small files and the single file of weights, or the index of shards.</summary>
    /// <exception cref="TemperException">Codes <c>hub_not_a_model</c> and <c>pickle_refused</c>, all that lacks at once.</exception>
    public static (List<HubFile> Small, HubFile Weights) Of(HubListing listing)
    {
        var byPath = listing.Files.ToDictionary(file => file.Path, StringComparer.Ordinal);
        // A model of images has no tokenizer, but settings of its preprocessor.
        var required = byPath.ContainsKey("preprocessor_config.json") ? Required[..1] : Required;
        var problems = required.Where(name => !byPath.ContainsKey(name)).Select(name => new Problem("hub_not_a_model", $"Importing {listing.Repository}: there is no {name}{Instead(byPath, name)}.")).ToList();
        var weights = byPath.GetValueOrDefault(Single) ?? byPath.GetValueOrDefault(Index);
        if (weights is null) problems.Add(Weightless(listing));
        if (problems.Count > 0) throw new TemperException(problems);
        return ([.. Required.Concat(Optional).Where(byPath.ContainsKey).Select(name => byPath[name])], weights!);
    }

    /// <summary>Shards that a downloaded index names; none when the weights are one file.</summary>
    public static List<HubFile> Shards(HubListing listing, HubFile weights, string folder)
    {
        if (weights.Path == Single) return [];
        var fields = JsonFields.Parse(File.ReadAllBytes(Path.Combine(folder, weights.Path)), weights.Path, "weight_index_invalid");
        var map = fields.Object("weight_map");
        if (map is null) fields.Report("weight_map", "is missing");
        var names = map?.Names.Select(name => map.Text(name) ?? "").Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList() ?? [];
        var byPath = listing.Files.ToDictionary(file => file.Path, StringComparer.Ordinal);
        foreach (var name in names.Where(name => !byPath.ContainsKey(name) || !name.EndsWith(".safetensors", StringComparison.Ordinal)))
            fields.Report("weight_map", $"names '{name}', which is no safetensors file of {listing.Repository}");
        fields.ThrowIfAny();
        return [.. names.Select(name => byPath[name])];
    }

    private static Problem Weightless(HubListing listing)
    {
        var paths = listing.Files.Select(file => file.Path).ToArray();
        if (paths.FirstOrDefault(WeightFiles.IsPickle) is { } pickle)
            return new Problem("pickle_refused", $"Importing {listing.Repository}: its weights are pickle files ({pickle}), which can run programs when they are read; only safetensors is read.");
        if (paths.Contains("adapter_model.safetensors")) return new Problem("hub_not_a_model", $"Importing {listing.Repository}: it is an adapter, not a whole model.") { Hint = "Import its base; merge the adapter with `temper merge BASE --adapter DIR OUT`." };
        return new Problem("hub_not_a_model", $"Importing {listing.Repository}: there is neither {Single} nor {Index}{(paths.FirstOrDefault(path => path.EndsWith(".gguf", StringComparison.Ordinal)) is { } gguf ? $"; {gguf} is not read" : "")}.");
    }

    private static string Instead(Dictionary<string, HubFile> byPath, string name) => name == "tokenizer.json" && byPath.ContainsKey("tokenizer.model") ? ", only tokenizer.model, which is not read" : "";
}
