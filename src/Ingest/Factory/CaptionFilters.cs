using System.Text.Json;
using System.Text.Json.Nodes;

namespace Temper.Ingest;

/// <summary>Reads filters of captions, and hands those of text stores to the datasets that use them.</summary>
internal static class CaptionFilters
{
    private const int LongestFile = 1 << 20;

    /// <summary>The filter under a key: a list of rules or, where there is a root, the path of a file with one a line. Problems are collected.</summary>
    public static CaptionFilter Read(ConfigSection section, string key, string? root)
    {
        if (section.Find(key) is not { } node)
            return CaptionFilter.None;
        var rules = node is ConfigNode.Sequence ? section.Texts(key) : root is null ? [] : Lines(section, key, root);
        return CaptionFilter.Of(rules, (i, reason) => section.Log.Add("CFG_REGEX", node is ConfigNode.Sequence { Items.Count: > 0 } list ? list.Items[Math.Min(i, list.Items.Count - 1)] : node,
            $"rule {i + 1} of '{key}' cannot be used: {reason}.", "Expressions are matched without backtracking: leave out lookarounds and backreferences."));
    }

    /// <summary>The datasets with the filters of their stores, unless they have their own.</summary>
    public static List<DatasetEntry> Hand(List<DatasetEntry> active)
    {
        var stores = active.OfType<TextStoreEntry>().Where(s => s.Filter.Count > 0).DistinctBy(s => s.Id).ToDictionary(s => s.Id, StringComparer.Ordinal);
        return [.. active.Select(e => e is PictureEntry { Config.Image.Captions.Filter.Count: 0, TextEmbeds: { } id } picture && stores.TryGetValue(id, out var store) ? With(picture, store.Filter.Rules) : e)];
    }

    private static PictureEntry With(PictureEntry picture, IReadOnlyList<string> rules)
    {
        var image = picture.Config.Image!;
        var upload = JsonNode.Parse(picture.UploadConfig.GetRawText())!.AsObject();
        upload["caption_filter"] = new JsonArray([.. rules.Select(rule => (JsonNode)rule)]);
        return picture with
        {
            Config = picture.Config with { Image = image with { Captions = image.Captions with { Filter = rules } } },
            UploadConfig = JsonSerializer.SerializeToElement(upload),
        };
    }

    /// <summary>The file must lie within the root: what it holds travels with the upload.</summary>
    private static string[] Lines(ConfigSection section, string key, string root)
    {
        var folder = Path.GetFullPath(root);
        var path = Path.GetFullPath(section.Text(key)!, folder);
        if (!path.StartsWith(folder.TrimEnd('/') + "/", StringComparison.Ordinal))
            section.Add("CFG_BAD_VALUE", key, $"'{key}' names {path}, outside of {folder}.", "Put the file below the configuration's folder, or widen it with --root.");
        else if (!File.Exists(path))
            section.Add("CFG_PATH_MISSING", key, $"the file {path} does not exist.", "Write a list of rules, or the path of a file with one a line.");
        else if (new FileInfo(path) is { Length: > LongestFile } or { LinkTarget: not null })
            section.Add("CFG_BAD_VALUE", key, $"{path} is a link, or longer than {LongestFile} bytes.");
        else
            return [.. File.ReadLines(path).Select(line => line.Trim()).Where(line => line.Length > 0)];
        return [];
    }
}
