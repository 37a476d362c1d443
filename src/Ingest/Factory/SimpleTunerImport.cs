using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>What became of one key of an imported file.</summary>
/// <param name="Dataset">The dataset's new id.</param>
/// <param name="Key">The key.</param>
/// <param name="Fate">kept, converted, secret, ignored, recipe.</param>
/// <param name="Note">What was done, or why it does nothing; empty for keys that are kept.</param>
public sealed record ImportedKey(string Dataset, string Key, string Fate, string Note);

/// <summary>A configuration made of SimpleTuner's.</summary>
/// <param name="Config">Ours: <c>{version, datasets}</c>.</param>
/// <param name="Keys">Every key of the file, in its order.</param>
/// <param name="Warnings">What should be known.</param>
public sealed record ImportResult(JsonObject Config, IReadOnlyList<ImportedKey> Keys, IReadOnlyList<Problem> Warnings);

/// <summary>
/// Reads <c>multidatabackend.json</c> of SimpleTuner. What it would refuse is refused; what it would take is taken, mapped key by key. Ids become ours,
/// text that stands for numbers is converted, secrets go where the host keeps them.
/// </summary>
public sealed partial class SimpleTunerImport
{
    private static readonly string[] Secrets = ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"];
    private static readonly string[] Links = ["conditioning_data", "source_dataset_id", "text_embeds", "image_embeds", "conditioning_image_embeds", "s2v_datasets"];
    private static readonly string[] Variables = ["id", "model_family", "output_dir"];
    private readonly ConfigLog _log;
    private readonly FactoryContext _context;
    private readonly Action<string, string>? _keep;
    private readonly List<ImportedKey> _keys = [];
    private readonly Dictionary<string, string> _ids = new(StringComparer.Ordinal);

    private SimpleTunerImport(ConfigLog log, FactoryContext context, Action<string, string>? keep) => (_log, _context, _keep) = (log, context, keep);

    /// <summary>Imports a file.</summary>
    /// <param name="bytes">JSON.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <param name="context">As for every configuration.</param>
    /// <param name="keep">Takes name and value of a secret; null where plain secrets are an error. It is called after everything else was found right.</param>
    /// <exception cref="TemperException">Every problem at once.</exception>
    public static ImportResult Read(ReadOnlySpan<byte> bytes, string file, FactoryContext context, Action<string, string>? keep)
    {
        ArgumentNullException.ThrowIfNull(context);
        var problems = new List<Problem>();
        var log = new ConfigLog(file, problems) { Importing = true };
        var root = YamlConfig.Read(bytes, file, problems);
        var result = root is null ? null : new SimpleTunerImport(log, context, keep).Run(root);
        return result is null || problems.Count > 0 ? throw new TemperException([.. problems.OrderBy(p => p.Line ?? 0)]) : result;
    }

    private ImportResult? Run(ConfigNode root)
    {
        if (root is not ConfigNode.Sequence { Items.Count: > 0 } list)
        {
            _log.Add("CFG_WRONG_TYPE", root, $"a list of datasets is expected, and not an empty one; found {root.Kind}.", "This is no multidatabackend.json of SimpleTuner.");
            return null;
        }
        foreach (var map in list.Items.OfType<ConfigNode.Map>())
            Name(map);
        var secrets = new List<(string Name, string Value)>();
        var datasets = list with { Items = [.. list.Items.Select(item => item is ConfigNode.Map map ? Dataset(map, secrets) : item)] };
        var values = new Dictionary<string, string>(_context.Variables, StringComparer.Ordinal);
        foreach (var name in Variables.Skip(1))
            values.TryAdd(name, $"{{{name}}}");
        var read = new FactoryReader(_log, _context with { Importing = true, Variables = values }).Read(datasets);
        if (read is null || _log.Problems.Count > 0)
            return null;
        foreach (var (name, value) in secrets)
            _keep!(name, value);
        var kept = new JsonArray([.. datasets.Items.OfType<ConfigNode.Map>().Select(Kept)]);
        return new(new JsonObject { ["$schema"] = ConfigSchema.Id, ["version"] = 1, ["datasets"] = kept }, _keys, _log.Warnings);
    }

    /// <summary>Ids of SimpleTuner are any text; ours are names that can stand in addresses.</summary>
    private void Name(ConfigNode.Map map)
    {
        if (map.Members.FirstOrDefault(m => m.Key == "id").Value is not ConfigNode.Scalar { Value: string old } || _ids.ContainsKey(old))
            return;
        var name = Unfit().Replace(old.ToLowerInvariant(), "-").TrimStart('.', '_', '-');
        name = name.Length > 63 ? name[..63] : name;
        if (name.Length > 0)
            _ids[old] = Enumerable.Range(1, int.MaxValue).Select(n => n == 1 ? name : $"{name[..Math.Min(name.Length, 59)]}-{n}").First(n => !_ids.ContainsValue(n));
    }

    private ConfigNode.Map Dataset(ConfigNode.Map map, List<(string, string)> secrets)
    {
        var id = map.Members.FirstOrDefault(m => m.Key == "id").Value is ConfigNode.Scalar { Value: string old } ? _ids.GetValueOrDefault(old, old) : "";
        var escaped = map with { Members = [.. map.Members.Select(m => KeyValuePair.Create(m.Key, Escaped(m.Value)))] };
        var converted = new Leniency(_log).Convert(escaped);
        return converted with { Members = [.. converted.Members.Select(m => KeyValuePair.Create(m.Key, Value(m.Key, m.Value, id, secrets)))] };
    }

    private ConfigNode Value(string key, ConfigNode value, string id, List<(string, string)> secrets)
    {
        if (key == "id" || Links.Contains(key))
            return Renamed(key, value);
        if (!Secrets.Contains(key) || _keep is null || value is not ConfigNode.Scalar { Value: string secret })
            return value;
        var name = $"{id}.{key.Replace('_', '-')}";
        secrets.Add((name, secret));
        _keys.Add(new(id, key, "secret", $"moved to the secret store as '{name}'; replace it where it was issued, for it stood in a file"));
        return new ConfigNode.Map(value.Pointer, value.Line, [KeyValuePair.Create("secretRef", (ConfigNode)new ConfigNode.Scalar(value.Pointer + "/secretRef", value.Line, name))]);
    }

    private ConfigNode Renamed(string key, ConfigNode value)
    {
        if (value is ConfigNode.Sequence list)
            return list with { Items = [.. list.Items.Select(i => Renamed(key, i))] };
        if (value is not ConfigNode.Scalar { Value: string old } scalar || !_ids.TryGetValue(old, out var id) || id == old)
            return value;
        if (key == "id")
            _log.Warn("CFG_CONVERTED", value, $"the id '{old}' is now '{id}'.");
        return scalar with { Value = id };
    }

    /// <summary>Braces that are no variable of SimpleTuner stand for themselves there.</summary>
    private static ConfigNode Escaped(ConfigNode node) => node switch
    {
        ConfigNode.Map map => map with { Members = [.. map.Members.Select(m => KeyValuePair.Create(m.Key, Escaped(m.Value)))] },
        ConfigNode.Sequence list => list with { Items = [.. list.Items.Select(Escaped)] },
        ConfigNode.Scalar { Value: string text } scalar when text.Contains('{', StringComparison.Ordinal) =>
            scalar with { Value = Place().Replace(text, m => Variables.Contains(m.Groups[1].Value) ? m.Value : "{" + m.Value + "}") },
        _ => node,
    };

    /// <summary>A dataset without what does nothing here, with what was left to SimpleTuner's defaults written out.</summary>
    private JsonObject Kept(ConfigNode.Map map)
    {
        var id = (string)((ConfigNode.Scalar)map.Members.First(m => m.Key == "id").Value).Value!;
        var json = new JsonObject { ["id"] = id };
        foreach (var (name, value) in map.Members.Where(m => m.Key != "id"))
        {
            var warning = _log.Warnings.FirstOrDefault(w => w.Path == value.Pointer);
            var inner = _log.Warnings.Where(w => w.Code == "CFG_IGNORED" && w.Path is { } path && path.StartsWith(value.Pointer + "/", StringComparison.Ordinal)).Select(w => w.Path!).ToList();
            var fate = warning?.Code == "CFG_IGNORED" ? ConfigKeys.Find(name)?.Fate == KeyFate.Recipe ? "recipe" : "ignored" : warning is not null ? "converted" : "kept";
            if (!_keys.Exists(k => k.Dataset == id && k.Key == name))
                _keys.Add(new(id, name, fate, warning is null ? "" : Sentence(warning)));
            foreach (var path in inner)
                _keys.Add(new(id, path[(map.Pointer.Length + 1)..].Replace('/', '.'), "ignored", Sentence(_log.Warnings.First(w => w.Path == path))));
            if (fate is "kept" or "converted" && value is not ConfigNode.Scalar { Value: null })
                json[name == "disable" ? "disabled" : name] = ConfigJson.Node(Without(value, inner));
        }
        if (!map.Members.Any(m => m.Key == "dataset_type"))
            json.Insert(1, "dataset_type", "image");
        if (map.Members.Any(m => m.Key == "dataset_type" && m.Value is ConfigNode.Scalar { Value: string type } && type.Trim().Equals("eval", StringComparison.OrdinalIgnoreCase)))
            json["modality"] = "image";
        return json;
    }

    private static ConfigNode Without(ConfigNode node, List<string> pointers) => node switch
    {
        ConfigNode.Map map => map with { Members = [.. map.Members.Where(m => !pointers.Contains(m.Value.Pointer)).Select(m => KeyValuePair.Create(m.Key, Without(m.Value, pointers)))] },
        _ => node,
    };

    private string Sentence(Problem warning) => warning.Message.StartsWith(_log.File, StringComparison.Ordinal) && warning.Message.IndexOf(": ", _log.File.Length, StringComparison.Ordinal) is > 0 and var colon
        ? warning.Message[(colon + 2)..] : warning.Message;

    [GeneratedRegex("[^a-z0-9._-]+", RegexOptions.NonBacktracking)]
    private static partial Regex Unfit();

    [GeneratedRegex(@"\{([A-Za-z_][A-Za-z0-9_]*(?::[A-Za-z0-9_]+)?)\}", RegexOptions.None, 1000)]
    private static partial Regex Place();
}
