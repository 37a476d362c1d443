using System.Text.RegularExpressions;
using Temper.Core.Errors;
using Temper.Models;

namespace Temper.Ingest;

/// <summary>
/// Finds the files of a split, as the hub's documentation lays repositories out: by <c>data_files</c> of the dataset, else by the <c>configs</c> of the
/// card, else by names (<c>data/test-00000-of-00001.parquet</c>, <c>test.jsonl</c>, <c>NAME/test/…</c>); files of which none names a split are <c>train</c>.
/// </summary>
internal sealed partial class HubSplits(HubListing listing, IReadOnlyList<HubCardConfig> card)
{
    private static readonly string[] Kinds = [".parquet", ".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".txt"];
    private static readonly string[] Packed = ["", ".gz", ".zst"];
    private static readonly HashSet<string> NoData = new(["dataset_infos.json", "dataset_dict.json", "dataset_info.json", "state.json", "README.md", "LICENSE", "LICENSE.txt", "requirements.txt"], StringComparer.OrdinalIgnoreCase);
    private static readonly Dictionary<string, string> Words = new(StringComparer.OrdinalIgnoreCase)
    {
        ["train"] = "train",
        ["training"] = "train",
        ["validation"] = "validation",
        ["valid"] = "validation",
        ["val"] = "validation",
        ["dev"] = "validation",
        ["test"] = "test",
        ["testing"] = "test",
        ["eval"] = "test",
        ["evaluation"] = "test",
    };

    private readonly List<HubFile> _data = [.. listing.Files.Where(file => KindOf(file.Path) is not null && IsNamed(file))];

    /// <summary>The kind of a file of data by its name (<c>.parquet</c>, <c>.jsonl</c>), compression aside; null for other files.</summary>
    public static string? KindOf(string path) => Kinds.FirstOrDefault(kind => Packed.Any(packed => path.EndsWith(kind + packed, StringComparison.OrdinalIgnoreCase)));

    /// <summary>The files.</summary>
    /// <param name="config">Configuration (subset); null for the default.</param>
    /// <param name="split">Name of the split; null for train.</param>
    /// <param name="dataFiles">Patterns that replace both; null for none.</param>
    /// <exception cref="TemperException">Codes <c>SRC_MISSING</c> and <c>SRC_UNSUPPORTED</c>; the messages list what there is.</exception>
    public IReadOnlyList<HubFile> Select(string? config, string? split, IReadOnlyList<string>? dataFiles)
    {
        // Files that are named are meant, whatever their kind: pictures, too.
        if (dataFiles is not null)
            return Matching(dataFiles, [.. listing.Files.Where(IsNamed)]) is { Count: > 0 } named ? named : throw Missing($"has no file that matches {string.Join(", ", dataFiles)}; its data files are {Shown(_data.Select(file => file.Path))}");
        if (_data.Count == 0)
            throw NothingToRead();
        var splits = card.Count > 0 ? OfCard(config) : ByNames(config);
        var wanted = split ?? "train";
        return splits.TryGetValue(wanted, out var files) && files.Count > 0
            ? OneKind(files)
            : throw Missing($"has no split '{wanted}'{(config is null ? "" : $" in '{config}'")}; it has {Shown(splits.Where(pair => pair.Value.Count > 0).Select(pair => pair.Key))}");
    }

    private Dictionary<string, List<HubFile>> OfCard(string? name)
    {
        var config = name is null
            ? card.FirstOrDefault(config => config.IsDefault) ?? card.FirstOrDefault(config => config.Name == "default") ?? (card.Count == 1 ? card[0] : null)
            : card.FirstOrDefault(config => config.Name == name);
        if (config is null)
            throw Missing(name is null ? $"has several configurations and no default; name one of {Shown(card.Select(config => config.Name))}" : $"has no configuration '{name}'; it has {Shown(card.Select(config => config.Name))}");
        return config.Splits.GroupBy(split => split.Split, StringComparer.Ordinal).ToDictionary(group => group.Key, group => Matching([.. group.SelectMany(split => split.Patterns)], _data), StringComparer.Ordinal);
    }

    private Dictionary<string, List<HubFile>> ByNames(string? config)
    {
        var files = _data;
        if (config is not (null or "default"))
        {
            files = [.. _data.Where(file => file.Path.StartsWith(config + "/", StringComparison.Ordinal) || file.Path.StartsWith($"data/{config}/", StringComparison.Ordinal))];
            if (files.Count == 0)
                throw Missing($"has no configuration '{config}'; its folders are {Shown(_data.Where(file => file.Path.Contains('/', StringComparison.Ordinal)).Select(file => file.Path[..file.Path.LastIndexOf('/')]).Distinct())}");
        }
        var splits = files.GroupBy(file => SplitOf(file.Path) ?? "", StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.ToList(), StringComparer.Ordinal);
        // Where no name says anything, everything is for training.
        return splits.Count == 1 && splits.Remove("", out var all) ? new() { ["train"] = all } : splits;
    }

    private static string? SplitOf(string path)
    {
        if (Sharded().Match(path) is { Success: true } shard)
            return Words.GetValueOrDefault(shard.Groups[1].Value, shard.Groups[1].Value);
        // The name itself first, then the folder nearest to it.
        foreach (var part in path.Split('/').Reverse())
        {
            foreach (var word in part.Split('.', '-', '_', ' ', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'))
            {
                if (Words.TryGetValue(word, out var split))
                    return split;
            }
        }
        return null;
    }

    private static List<HubFile> Matching(IReadOnlyList<string> patterns, IReadOnlyList<HubFile> files)
    {
        var rules = patterns.Select(pattern => new PathPattern(pattern)).ToList();
        return [.. files.Where(file => rules.Any(rule => rule.Matches(file.Path)))];
    }

    /// <summary>A repository often has the same rows in two formats; which were meant is not guessed.</summary>
    private IReadOnlyList<HubFile> OneKind(IReadOnlyList<HubFile> files)
    {
        var kinds = files.Select(file => KindOf(file.Path)).Distinct().ToList();
        return kinds.Count == 1 ? files : throw new TemperException("SRC_UNSUPPORTED", $"The split of {listing.Repository} has files of several kinds ({string.Join(", ", kinds)}), which may hold the same rows twice.", "Name the files that are meant: data_files: \"**/*.parquet\".");
    }

    private TemperException NothingToRead() => listing.Files.FirstOrDefault(file => file.Path.EndsWith(".py", StringComparison.Ordinal)) is { } script
        ? new("SRC_UNSUPPORTED", $"{listing.Repository} has no files of data, but the script '{script.Path}' that would make them; scripts of datasets are never run.", "Try `revision: refs/convert/parquet`, where the hub keeps its own conversion.")
        : Missing($"has no files of data that are read ({string.Join(", ", Kinds)})");

    private TemperException Missing(string how) => new("SRC_MISSING", $"The dataset {listing.Repository} at commit {listing.Commit[..12]} {how}.");

    private static string Shown(IEnumerable<string> names)
    {
        var all = names.Order(StringComparer.Ordinal).ToList();
        return all.Count == 0 ? "none" : string.Join(", ", all.Take(20)) + (all.Count > 20 ? $" and {all.Count - 20} more" : "");
    }

    /// <summary>Neither hidden nor a description of the repository.</summary>
    private static bool IsNamed(HubFile file) => !NoData.Contains(Last(file.Path)) && !file.Path.Split('/').Any(part => part.StartsWith('.'));

    private static string Last(string path) => path[(path.LastIndexOf('/') + 1)..];

    [GeneratedRegex(@"(?:\A|/)([A-Za-z][A-Za-z0-9._]*)-[0-9]{5}-of-[0-9]{5}[^/]*\z", RegexOptions.NonBacktracking)]
    private static partial Regex Sharded();
}
