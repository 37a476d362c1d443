namespace Temper.Ingest;

/// <summary>What a dataset says about rows of a hub's repository.</summary>
internal static class HubRules
{
    private static readonly string[] Ops = ["==", "!=", "<", "<=", ">", ">=", "in", "not in"];

    /// <summary>Problems are collected.</summary>
    public static void Check(ConfigSection section)
    {
        if (section.Find("filters") is ConfigNode.Sequence filters)
        {
            foreach (var filter in filters.Items.OfType<ConfigNode.Sequence>())
                Filter(section.Log, filter);
        }
        if (section.Text("name") is not null && section.Text("config") is not null)
            section.Add("CFG_INCOMPATIBLE", "config", "'name' and 'config' are the same key.", "Keep one of them.");
        foreach (var node in (ConfigNode?[])[section.Find("streaming"), section.Section("huggingface")?.Find("streaming")])
        {
            if (node is ConfigNode.Scalar { Value: false })
                section.Log.Warn("CFG_IGNORED", node, "'streaming: false' does nothing: rows are always streamed, and filters always applied.");
        }
    }

    private static void Filter(ConfigLog log, ConfigNode.Sequence filter)
    {
        if (filter.Items is not [ConfigNode.Scalar { Value: string }, ConfigNode.Scalar { Value: string op }, var value])
        {
            log.Add("CFG_WRONG_TYPE", filter, "a condition on rows is a list of column, operation and value.", "Write [score, \">=\", 0.5].");
            return;
        }
        if (!Ops.Contains(op))
            log.Add("CFG_BAD_VALUE", filter, $"'{op}' is no operation.", $"Use one of {string.Join(", ", Ops)}.");
        else if (op is "in" or "not in" != value is ConfigNode.Sequence)
            log.Add("CFG_WRONG_TYPE", filter, op is "in" or "not in" ? $"'{op}' takes a list of values." : $"'{op}' takes one value.", "Write [language, in, [en, de]] or [score, \">=\", 0.5].");
    }
}
