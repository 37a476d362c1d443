using System.Text.Json;
using System.Text.Json.Nodes;
using Temper.Core.Ids;

namespace Temper.Ingest;

/// <summary>Reads one dataset of a configuration of many into its typed record.</summary>
internal sealed class EntryReader(ConfigLog log, FactoryContext context, bool bare)
{
    private static readonly string[] Links = ["source_dataset_id", "conditioning_data", "text_embeds", "image_embeds", "conditioning_image_embeds", "eval_of", "dedup_against"];

    /// <summary>Problems are collected; null when nothing can be said of the dataset.</summary>
    public DatasetEntry? Read(ConfigNode.Map own, IReadOnlyList<KeyValuePair<string, ConfigNode>> defaults, int index)
    {
        var type = DatasetTypes.Read(new ConfigSection(WithDefaults(own, defaults, _ => true), log), bare ? DatasetType.Image : null);
        var kind = BackendType(new ConfigSection(WithDefaults(own, defaults, k => k == "type"), log));
        var bit = Backend.Names.Contains(kind) ? Backend.Of(kind) : context.Backends.Any(b => b.IsCalled(kind)) ? Backend.Plugin : Backend.Any;
        var map = WithDefaults(own, defaults, name => ConfigKeys.Find(name) is not { } key ? (bit & Backend.Plugin) != 0 : (key.For & For.Of(type)) != 0 && (key.Backends == 0 || (key.Backends & bit) != 0));
        if (log.Importing)
            map = new Leniency(log).Convert(map);
        map = WithType(map, kind);
        var section = new ConfigSection(map, log);
        new KeyCheck(log, type, bit) { PluginKeys = context.Backends.FirstOrDefault(b => b.IsCalled(kind))?.Keys ?? [] }.Check(map);
        var id = Id(section, index);
        var backend = new BackendChoice(kind, map.Members.ToDictionary(m => m.Key, m => ConfigJson.Of(m.Value)));
        new BackendRules(section, type, kind, context).Check();
        var edges = Links.Where(key => (ConfigKeys.Find(key)!.For & For.Of(type)) != 0).SelectMany(key => section.Texts(key).Select(to => new DatasetEdge(key, to))).ToList();
        var disabled = section.Flag("disabled", false) | section.Flag("disable", false);
        DatasetEntry entry = (For.Of(type) & For.Stores) != 0 ? StoreReader.Read(section, context, id, type, index, backend) : Data(section, id, type, index, backend);
        return entry with { Disabled = disabled, Edges = edges };
    }

    private static ConfigNode.Map WithDefaults(ConfigNode.Map own, IReadOnlyList<KeyValuePair<string, ConfigNode>> defaults, Func<string, bool> welcome) =>
        own with { Members = [.. own.Members, .. defaults.Where(d => welcome(d.Key) && !own.Members.Any(m => m.Key == d.Key))] };

    /// <summary>The mapping with the backend's kind by its own name, so that whoever reads it need not know the others.</summary>
    private static ConfigNode.Map WithType(ConfigNode.Map map, string kind) => map.Members.Any(m => m.Key == "type")
        ? map with { Members = [.. map.Members.Select(m => m.Key == "type" && m.Value is ConfigNode.Scalar { Value: string } scalar ? KeyValuePair.Create("type", (ConfigNode)(scalar with { Value = kind })) : m)] }
        : map with { Members = [.. map.Members, KeyValuePair.Create("type", (ConfigNode)new ConfigNode.Scalar(map.PointerTo("type"), map.Line, kind))] };

    private string BackendType(ConfigSection section) => section.Text("type")?.Trim().ToLowerInvariant() is not { Length: > 0 } type ? "local"
        : context.Backends.FirstOrDefault(b => b.IsCalled(type))?.Type ?? (type == "s3" ? "aws" : type);

    private string Id(ConfigSection section, int index)
    {
        if (!section.Has("id"))
            section.Add("CFG_MISSING_KEY", "id", "each dataset needs a unique 'id'.", "Add id: NAME.");
        return section.Text("id") is { } id && ResourceName.TryParse(id, out _) ? id : FormattableString.Invariant($"dataset-{index}");
    }

    private DataEntry Data(ConfigSection section, string id, DatasetType type, int index, BackendChoice backend)
    {
        var config = new DatasetConfigReader(section, type, context.Scores, bare).Read() with { Id = id };
        var line = section.Map.Line;
        var upload = Upload(section, type, config);
        var sampling = SamplingReader.Read(section);
        var text = section.Text("text_embeds");
        DataEntry entry = type switch
        {
            DatasetType.Text => new TextEntry(id, index, line) { Backend = backend, Config = config, UploadConfig = upload },
            DatasetType.Preference => new PreferenceEntry(id, index, line) { Backend = backend, Config = config, UploadConfig = upload },
            DatasetType.Caption => new CaptionEntry(id, index, line) { Backend = backend, Config = config, UploadConfig = upload },
            _ => Picture(section, id, type, index, backend, config, upload),
        };
        return entry with { Sampling = sampling, TextEmbeds = text, DedupAgainst = config.DedupAgainst };
    }

    private static PictureEntry Picture(ConfigSection section, string id, DatasetType type, int index, BackendChoice backend, DatasetConfig config, JsonElement upload)
    {
        var line = section.Map.Line;
        PictureEntry entry = type switch
        {
            DatasetType.Video => new VideoEntry(id, index, line) { Backend = backend, Config = config, UploadConfig = upload },
            DatasetType.Conditioning => new ConditioningEntry(id, index, line)
            {
                Backend = backend,
                Config = config,
                UploadConfig = upload,
                ConditioningType = section.Word("conditioning_type", ConditioningType.Controlnet),
                SourceDatasetId = section.Text("source_dataset_id"),
            },
            DatasetType.Eval => new EvalEntry(id, index, line) { Backend = backend, Config = config, UploadConfig = upload, EvalOf = section.Text("eval_of") },
            _ => new ImageEntry(id, index, line) { Backend = backend, Config = config, UploadConfig = upload },
        };
        return entry with
        {
            ConditioningData = section.Texts("conditioning_data"),
            ImageEmbeds = section.Text("image_embeds"),
            ConditioningImageEmbeds = section.Text("conditioning_image_embeds"),
        };
    }

    /// <summary>What the upload's own configuration says: keys of the pipeline alone, so that another place or weight makes no other version.</summary>
    private JsonElement Upload(ConfigSection section, DatasetType type, DatasetConfig config)
    {
        var hub = Backend.Of(section.Text("type") ?? "local") == Backend.Hub;
        var json = new JsonObject { ["id"] = config.Id, ["dataset_type"] = KeyCheck.Word(type) };
        if ((ConfigKeys.Find("modality")!.For & For.Of(type)) != 0)
            json["modality"] = JsonNamingPolicy.SnakeCaseLower.ConvertName(config.Modality.ToString());
        foreach (var (name, value) in section.Map.Members.OrderBy(m => m.Key, StringComparer.Ordinal))
        {
            var isHubs = hub && (name == "split" && value is ConfigNode.Scalar || name is "filters" or "columns" && value is ConfigNode.Sequence);
            if (ConfigKeys.Find(name) is { Reader: KeyReader.Pipeline, Fate: KeyFate.Read } && !isHubs && !json.ContainsKey(name))
                json[name] = ConfigJson.Node(value);
        }
        return JsonSerializer.SerializeToElement(json);
    }
}
