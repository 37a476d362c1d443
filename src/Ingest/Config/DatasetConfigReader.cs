using Temper.Core.Errors;
using Temper.Core.Ids;

namespace Temper.Ingest;

/// <summary>
/// From the tree of a configuration file to its values. The file is one dataset's mapping, a list of one, or an envelope
/// <c>{version: 1, defaults: {…}, datasets: [one]}</c>.
/// </summary>
internal sealed class DatasetConfigReader(string file, IReadOnlyCollection<string> scores, List<Problem> problems)
{
    private static readonly string[] OfDataset =
    [
        "id", "dataset_type", "format", "columns", "roles", "max_line_bytes", "max_bad_fraction", "max_bad_records", "on_bad_record", "dedup", "embedding", "expect",
        "allow_file_errors", "accept_partial", "filters",
    ];

    private const long Many = 1L << 53;

    private static readonly string[] Later =
    [
        "type", "disabled", "disable", "probability", "repeats", "max_num_samples", "start_epoch", "start_step", "end_epoch", "end_step", "train_batch_size",
        "split", "pii", "secrets_scan", "contamination", "preserve_data_backend_cache", "skip_file_discovery", "metadata_update_interval", "instance_data_dir",
        "chat_template", "train_on", "train_on_eot", "max_length", "on_too_long", "packing", "min_supervised_tokens", "add_bos", "add_eos", "system_prompt",
    ];

    /// <summary>Null only when there is nothing to read; problems are collected.</summary>
    public DatasetConfig? Read(ConfigNode root)
    {
        if (Dataset(root) is not { } map)
            return null;
        var section = new ConfigSection(map, file, problems);
        var config = Values(section);
        section.End(Later);
        return config;
    }

    private ConfigNode.Map? Dataset(ConfigNode root)
    {
        if (root is not ConfigNode.Map envelope || !envelope.Members.Any(m => m.Key is "datasets" or "version"))
            return Only(root, []);
        var section = new ConfigSection(envelope, file, problems) { Deeper = ("`datasets:` `- id: NAME`", OfDataset) };
        section.Text("$schema");
        section.Whole("version", 1, 1);
        var defaults = section.Section("defaults")?.Map.Members ?? [];
        var datasets = section.Find("datasets");
        section.End("variables");
        if (datasets is null)
            section.Add("CFG_MISSING_KEY", envelope, "'datasets' is missing.", "Add a list with one dataset.");
        return datasets is null ? null : Only(datasets, defaults);
    }

    private ConfigNode.Map? Only(ConfigNode node, IReadOnlyList<KeyValuePair<string, ConfigNode>> defaults)
    {
        var found = node is ConfigNode.Sequence { Items.Count: 1 } list ? list.Items[0] : node;
        if (found is ConfigNode.Map map)
            return map with { Members = [.. map.Members, .. defaults.Where(d => !map.Members.Any(m => m.Key == d.Key))] };
        var several = found is ConfigNode.Sequence { Items.Count: > 1 };
        problems.Add(new(several ? "CFG_SEVERAL" : "CFG_WRONG_TYPE", $"{file} line {found.Line}: one dataset, a mapping of keys to values, is expected; found {found.Kind}.")
        {
            File = file,
            Line = found.Line,
            Path = found.Pointer,
        });
        return null;
    }

    private DatasetConfig Values(ConfigSection section)
    {
        var defaults = new DatasetConfig();
        section.Word("dataset_type", "text", "text");
        var expect = section.Section("expect");
        var embedding = section.Section("embedding");
        var config = new DatasetConfig
        {
            Id = Id(section),
            Format = Format(section),
            Columns = Columns(section),
            Roles = Roles(section),
            MaxLineBytes = (int)(section.Whole("max_line_bytes", 64, 256 << 20) ?? defaults.MaxLineBytes),
            MaxBadFraction = section.Number("max_bad_fraction", 0, 1) ?? defaults.MaxBadFraction,
            MaxBadRecords = section.Whole("max_bad_records", 0, Many),
            OnBadRecord = section.Word("on_bad_record", "quarantine", "quarantine", "fail") == "fail" ? BadRecordPolicy.Fail : BadRecordPolicy.Quarantine,
            Dedup = Dedup(section.Section("dedup")),
            EmbeddingModel = embedding?.Text("model"),
            MinRecords = expect?.Whole("min_records", 0, Many),
            MaxRecords = expect?.Whole("max_records", 0, Many),
            AllowFileErrors = section.Flag("allow_file_errors", false),
            AcceptPartial = section.Flag("accept_partial", false),
            Filters = Filters(section.Section("filters")),
        };
        expect?.End("schema", "max_null_fraction", "language");
        embedding?.End();
        return config;
    }

    private static string? Id(ConfigSection section)
    {
        var id = section.Text("id");
        if (id is not null && !ResourceName.TryParse(id, out _))
            section.Add("CFG_BAD_VALUE", section.Find("id")!, $"'{id}' is not a valid id.", "Use 1 to 63 of a-z, 0-9, '.', '_' and '-', beginning with a letter or digit.");
        return id;
    }

    private static RecordFormat Format(ConfigSection section)
    {
        if (section.Text("format") is { } text && text is "input_output" or "sharegpt" or "preference" or "kto" or "auto_per_record")
        {
            section.Add("CFG_UNSUPPORTED", section.Find("format")!, $"the format '{text}' is not supported by this version.", "Use messages, text, prompt_completion or instruction.");
            return RecordFormat.Auto;
        }
        return section.Word("format", "auto", "auto", "messages", "text", "prompt_completion", "instruction") switch
        {
            "messages" => RecordFormat.Messages,
            "text" => RecordFormat.Text,
            "prompt_completion" => RecordFormat.PromptCompletion,
            "instruction" => RecordFormat.Instruction,
            _ => RecordFormat.Auto,
        };
    }

    private static SortedDictionary<string, string> Columns(ConfigSection section)
    {
        var columns = section.Names("columns");
        foreach (var unknown in columns.Keys.Where(c => !FieldNames.All.Contains(c)).ToList())
            section.Add("CFG_UNKNOWN_KEY", ((ConfigNode.Map)section.Find("columns")!).Members.First(m => m.Key == unknown).Value, $"no format has a field '{unknown}'.", Nearest.Hint(unknown, [.. FieldNames.All]));
        return columns;
    }

    private static SortedDictionary<string, string> Roles(ConfigSection section)
    {
        var roles = section.Names("roles");
        foreach (var (from, to) in roles.Where(r => RoleNames.Find(r.Value) is null))
            section.Add("CFG_BAD_VALUE", ((ConfigNode.Map)section.Find("roles")!).Members.First(m => m.Key == from).Value, $"'{to}' is not a role.", Nearest.Hint(to, RoleNames.All));
        return roles;
    }

    private static DedupConfig Dedup(ConfigSection? section)
    {
        var defaults = new DatasetConfig().Dedup;
        if (section is null)
            return defaults;
        var near = section.Section("near");
        var read = near is null ? defaults.Near : new NearConfig(
            near.Flag("enabled", true),
            near.Number("threshold", 0.5, 1) ?? defaults.Near.Threshold,
            near.Word("action", "report", "report", "drop") == "drop" ? NearAction.Drop : NearAction.Report);
        near?.End("ngram", "bands", "rows", "scope");
        var dedup = new DedupConfig(section.Flag("exact", true), read);
        section.End();
        return dedup;
    }

    private List<FilterRule> Filters(ConfigSection? section)
    {
        var rules = new List<FilterRule>();
        if (section is null)
            return rules;
        foreach (var name in scores.Order(StringComparer.Ordinal))
        {
            if (section.Section(name) is not { } bounds)
                continue;
            rules.Add(new(name, bounds.Number("min", double.MinValue, double.MaxValue), bounds.Number("max", double.MinValue, double.MaxValue)));
            bounds.End();
        }
        section.End();
        return rules;
    }
}
