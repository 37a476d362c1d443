namespace Temper.Ingest;

/// <summary>
/// The configuration of one upload. The file is one dataset's mapping, a list of one, or an envelope <c>{version: 1, defaults: {…}, datasets: [one]}</c>.
/// </summary>
internal sealed class UploadConfigReader(ConfigLog log, IReadOnlyCollection<string> scores)
{
    /// <summary>Null only when there is nothing to read; problems are collected.</summary>
    public DatasetConfig? Read(ConfigNode root)
    {
        if (Dataset(root) is not { } map)
            return null;
        var section = new ConfigSection(map, log);
        var type = DatasetTypes.Read(section, DatasetType.Text);
        new KeyCheck(log, type, backend: 0).Check(map);
        return new DatasetConfigReader(section, type, scores).Read() with { Warnings = log.Warnings };
    }

    private ConfigNode.Map? Dataset(ConfigNode root)
    {
        if (ConfigEnvelope.Of(root) is not { } map)
            return Only(root);
        var envelope = ConfigEnvelope.Read(map, log);
        return envelope?.Datasets.Count switch
        {
            null => null,
            1 => Only(envelope.WithDefaults(0)),
            _ => Only(envelope.List),
        };
    }

    private ConfigNode.Map? Only(ConfigNode node)
    {
        var found = node is ConfigNode.Sequence { Items.Count: 1 } list ? list.Items[0] : node;
        if (found is ConfigNode.Map map)
            return map;
        log.Add(found is ConfigNode.Sequence { Items.Count: > 1 } ? "CFG_SEVERAL" : "CFG_WRONG_TYPE", found, $"one dataset, a mapping of keys to values, is expected; found {found.Kind}.");
        return null;
    }
}
