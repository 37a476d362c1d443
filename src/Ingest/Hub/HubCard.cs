using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Temper.Ingest;

/// <summary>Files of a split as a dataset card lists them.</summary>
/// <param name="Split">Its name.</param>
/// <param name="Patterns">Of its files.</param>
internal sealed record HubCardSplit(string Split, IReadOnlyList<string> Patterns);

/// <summary>A configuration (subset) of a dataset card.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsDefault">Whether the card says so.</param>
/// <param name="Splits">In order.</param>
internal sealed record HubCardConfig(string Name, bool IsDefault, IReadOnlyList<HubCardSplit> Splits);

/// <summary>
/// The <c>configs</c> that the YAML head of a repository's README names. Only this is read of it; what has another shape is passed over, because cards are
/// written for people.
/// </summary>
internal static class HubCard
{
    /// <summary>Bytes of a card that are read.</summary>
    public const int MostBytes = 1 << 20;

    private const string Fence = "---";

    public static IReadOnlyList<HubCardConfig> Read(string readme)
    {
        var text = readme.TrimStart('\uFEFF').Replace("\r\n", "\n", StringComparison.Ordinal);
        if (!text.StartsWith(Fence + "\n", StringComparison.Ordinal) || text.IndexOf("\n" + Fence, Fence.Length, StringComparison.Ordinal) is not (> 0 and var end))
            return [];
        try
        {
            var yaml = new YamlStream();
            yaml.Load(new StringReader(text[(Fence.Length + 1)..(end + 1)]));
            if (yaml.Documents.FirstOrDefault()?.RootNode is not YamlMappingNode root || Child(root, "configs") is not YamlSequenceNode configs)
                return [];
            return [.. configs.Children.OfType<YamlMappingNode>().Select(Config).Where(config => config.Splits.Count > 0)];
        }
        catch (YamlException)
        {
            // A head that is no YAML says nothing; files are then found by their names.
            return [];
        }
    }

    private static HubCardConfig Config(YamlMappingNode node)
    {
        var folder = Scalar(Child(node, "data_dir")) is { Length: > 0 } dir ? dir.Trim('/') + "/" : "";
        var splits = new List<HubCardSplit>();
        switch (Child(node, "data_files"))
        {
            case YamlScalarNode { Value: { } pattern }:
                splits.Add(new("train", [folder + pattern]));
                break;
            case YamlMappingNode map:
                splits.AddRange(map.Children.Select(pair => new HubCardSplit(Scalar(pair.Key) ?? "", Patterns(pair.Value, folder))));
                break;
            case YamlSequenceNode list when list.Children.All(child => child is YamlMappingNode):
                splits.AddRange(list.Children.OfType<YamlMappingNode>().Select(entry => new HubCardSplit(Scalar(Child(entry, "split")) ?? "train", Patterns(Child(entry, "path"), folder))));
                break;
            case YamlSequenceNode list:
                splits.Add(new("train", Patterns(list, folder)));
                break;
            case null when folder.Length > 0:
                splits.Add(new("train", [folder + "**"]));
                break;
        }
        return new(Scalar(Child(node, "config_name")) ?? "default", Scalar(Child(node, "default")) is "true" or "True", [.. splits.Where(split => split.Split.Length > 0 && split.Patterns.Count > 0)]);
    }

    private static IReadOnlyList<string> Patterns(YamlNode? node, string folder) => node switch
    {
        YamlScalarNode { Value: { Length: > 0 } pattern } => [folder + pattern],
        YamlSequenceNode list => [.. list.Children.Select(Scalar).Where(pattern => !string.IsNullOrEmpty(pattern)).Select(pattern => folder + pattern)],
        _ => [],
    };

    private static YamlNode? Child(YamlMappingNode node, string name) => node.Children.FirstOrDefault(pair => Scalar(pair.Key) == name).Value;

    private static string? Scalar(YamlNode? node) => (node as YamlScalarNode)?.Value;
}
