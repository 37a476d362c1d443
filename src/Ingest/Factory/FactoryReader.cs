namespace Temper.Ingest;

/// <summary>From the tree of a configuration file to its datasets in the order in which they are built.</summary>
internal sealed class FactoryReader(ConfigLog log, FactoryContext context)
{
    /// <summary>Null when there are no datasets at all; problems are collected.</summary>
    public FactoryConfig? Read(ConfigNode root)
    {
        var bare = root is ConfigNode.Sequence;
        var envelope = bare ? new ConfigEnvelope(root, [], new Dictionary<string, string>()) : Envelope(root);
        if (envelope is null)
            return null;
        if (envelope.Datasets.Count == 0)
        {
            log.Add("CFG_MISSING_KEY", envelope.List, "the configuration has no datasets.", "Add one: - {id: chats, dataset_type: text, instance_data_dir: chats}");
            return null;
        }
        Defaults(envelope, bare);
        var values = new Dictionary<string, string>(context.Variables, StringComparer.Ordinal);
        foreach (var (name, value) in envelope.Variables)
            values[name] = value;
        var variables = new ConfigVariables(log, values, context.Environment);
        var reader = new EntryReader(log, context, bare);
        var entries = envelope.Datasets.Select((node, i) => Entry(node, i, envelope, variables, reader)).OfType<DatasetEntry>().ToList();
        return new FactoryRules(log, entries, envelope.Datasets).Apply();
    }

    private ConfigEnvelope? Envelope(ConfigNode root)
    {
        if (ConfigEnvelope.Of(root) is { } map)
            return ConfigEnvelope.Read(map, log);
        if (root is ConfigNode.Map one)
            return new ConfigEnvelope(one, [], new Dictionary<string, string>());
        log.Add("CFG_WRONG_TYPE", root, $"a list of datasets is expected; found {root.Kind}.");
        return null;
    }

    private DatasetEntry? Entry(ConfigNode node, int index, ConfigEnvelope envelope, ConfigVariables variables, EntryReader reader)
    {
        if (node is not ConfigNode.Map map)
        {
            log.Add("CFG_WRONG_TYPE", node, $"a dataset is a mapping of keys to values; found {node.Kind}.");
            return null;
        }
        var id = map.Members.FirstOrDefault(m => m.Key == "id").Value is ConfigNode.Scalar { Value: string text } ? text : null;
        return reader.Read(variables.Apply(map, id), variables.Apply(new("", 1, envelope.Defaults), id).Members, index);
    }

    /// <summary>A default must be a key of some dataset type; each dataset takes those that it can have.</summary>
    private void Defaults(ConfigEnvelope envelope, bool bare)
    {
        foreach (var (name, value) in bare ? [] : envelope.Defaults)
        {
            if (name is "id")
                log.Add("CFG_BAD_VALUE", value, "'id' cannot have a default: each dataset needs its own.");
            else if (ConfigKeys.Find(name) is null && !context.Backends.Any(b => b.Keys.Any(k => k.Name == name)))
                log.Add("CFG_UNKNOWN_KEY", value, $"no dataset has a key '{name}'.", Nearest.Hint(name, [.. ConfigKeys.Under("").Select(k => k.Name)]));
        }
    }
}
