namespace Temper.Ingest;

/// <summary>What datasets of one configuration must be to each other.</summary>
internal sealed class FactoryRules(ConfigLog log, IReadOnlyList<DatasetEntry> entries, IReadOnlyList<ConfigNode> nodes)
{
    private const string DefaultStore = "text-embeds";

    /// <summary>The configuration with what it lacks added; problems are collected.</summary>
    public FactoryConfig Apply()
    {
        Unique();
        var active = WithStores([.. entries.Where(e => !e.Disabled)]);
        active = [.. active.Select(e => e is DataEntry data ? data with { Edges = [.. data.Edges, .. data.Config.Contamination.Against.Where(a => active.Any(o => o.Id == a)).Select(a => new DatasetEdge("contamination", a))] } : e)];
        active = CaptionFilters.Hand(active);
        References(active);
        Partners(active);
        active = Evaluations.Imply(active);
        Windows(active);
        var order = Order(active);
        return new(log.File, [.. entries, .. active.Where(a => a.Generated)], order, log.Warnings);
    }

    private void Unique()
    {
        foreach (var group in entries.GroupBy(e => e.Id, StringComparer.Ordinal).Where(g => g.Count() > 1))
        {
            foreach (var other in group.Skip(1))
                Add("CFG_DUPLICATE_ID", other, "id", $"the id '{other.Id}' stands at line {group.First().Line} already.", "Each dataset needs an id of its own.");
        }
    }

    /// <summary>One text store is the default: the one that says so, else the first, else one that is made where captions are embedded.</summary>
    private List<DatasetEntry> WithStores(List<DatasetEntry> active)
    {
        var stores = active.OfType<TextStoreEntry>().ToList();
        foreach (var other in stores.Where(s => s.Default).Skip(1))
            Add("CFG_SEVERAL_DEFAULTS", other, "default", "only one text embed backend can be marked as default.", $"'{stores.First(s => s.Default).Id}' is marked, too.");
        var standard = stores.FirstOrDefault(s => s.Default) ?? stores.FirstOrDefault();
        var captioned = active.OfType<DataEntry>().Where(d => d.TextEmbeds is null && (d.Config.Modality != Modality.Text || d is CaptionEntry)).ToList();
        if (standard is null && captioned.Count > 0)
        {
            standard = new(entries.Any(e => e.Id == DefaultStore) ? DefaultStore + "-default" : DefaultStore, entries.Count, 0) { Backend = new("local", new Dictionary<string, System.Text.Json.JsonElement>()), Generated = true };
            active.Add(standard);
        }
        if (standard is null)
            return active;
        return [.. active.Select(e => e == standard ? standard with { Default = true } : e is DataEntry data && captioned.Contains(data) ? data with { TextEmbeds = standard.Id, Edges = [.. data.Edges, new("text_embeds", standard.Id)] } : e)];
    }

    private void References(List<DatasetEntry> active)
    {
        var ids = active.ToLookup(e => e.Id, StringComparer.Ordinal);
        foreach (var entry in active)
        {
            foreach (var edge in entry.Edges)
            {
                if (ids[edge.To].FirstOrDefault() is not { } other)
                    Unknown(entry, edge);
                else if (Expected(edge.Key) is var expected and not 0 && (For.Of(other.Type) & expected) == 0)
                    Add("CFG_INCOMPATIBLE", entry, edge.Key, $"'{edge.Key}' of '{entry.Id}' names '{edge.To}', which is {KeyCheck.Word(other.Type)}.", $"It takes {Words(expected)}.");
            }
        }
    }

    private void Unknown(DatasetEntry entry, DatasetEdge edge)
    {
        var disabled = entries.Any(e => e.Id == edge.To);
        Add("CFG_UNKNOWN_DATASET", entry, edge.Key, disabled ? $"'{edge.Key}' of '{entry.Id}' names '{edge.To}', which is disabled." : $"'{edge.Key}' of '{entry.Id}' names '{edge.To}'; there is no such dataset.",
            disabled ? "Enable it, or remove the reference." : Nearest.Hint(edge.To, [.. entries.Select(e => e.Id)]));
    }

    private static int Expected(string key) => key switch
    {
        "conditioning_data" => For.Conditioning,
        "text_embeds" => For.TextEmbeds,
        "image_embeds" => For.ImageEmbeds,
        "conditioning_image_embeds" => For.ConditioningEmbeds,
        "source_dataset_id" => For.Image | For.Video | For.Eval,
        _ => For.Data,
    };

    /// <summary>Conditioning pictures go with exactly one source, named on one side or on both alike.</summary>
    private void Partners(List<DatasetEntry> active)
    {
        foreach (var entry in active.OfType<ConditioningEntry>())
        {
            var users = active.OfType<PictureEntry>().Where(p => p.ConditioningData.Contains(entry.Id)).ToList();
            if (entry.SourceDatasetId is null && users.Count == 0)
                Add("CFG_MISSING_KEY", entry, "source_dataset_id", $"the conditioning dataset '{entry.Id}' goes with no dataset.", "Add source_dataset_id: ID here, or conditioning_data: there.");
            else if (entry is { SourceDatasetId: null, ConditioningType: ConditioningType.ReferenceStrict or ConditioningType.Mask } && (users.Count > 1 || !log.Importing))
                Add("CFG_MISSING_KEY", entry, "source_dataset_id", $"conditioning_type: {System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(entry.ConditioningType.ToString())} needs source_dataset_id, for its pictures are cut as their sources are.", "Name the one dataset that it goes with.");
        }
    }

    /// <summary>At step 0 of epoch 1 something must be drawn from.</summary>
    private void Windows(List<DatasetEntry> active)
    {
        var trained = active.OfType<DataEntry>().Where(d => d is TextEntry or PreferenceEntry or ImageEntry or VideoEntry or CaptionEntry).ToList();
        if (entries.Count > 0 && active.All(e => e is StoreEntry))
            log.Add("CFG_NOTHING_ACTIVE", nodes[0], "every dataset is disabled or a store of embeddings: nothing would be built.", "Enable one.");
        else if (trained.Count > 0 && !trained.Any(d => d.Sampling is { StartEpoch: 1, StartStep: 0, Probability: > 0 }))
            Add("CFG_NOTHING_ACTIVE", trained[0], "start_epoch", $"no dataset is drawn from at the start: {string.Join(", ", trained.Select(d => FormattableString.Invariant($"{d.Id} (start_epoch {d.Sampling.StartEpoch}, start_step {d.Sampling.StartStep}, probability {d.Sampling.Probability})")))}.", "Let one begin at start_epoch 1, start_step 0, with a probability above 0.");
    }

    private IReadOnlyList<DatasetEntry> Order(List<DatasetEntry> active)
    {
        var index = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < active.Count; i++)
            index.TryAdd(active[i].Id, i);
        // Conditioning pictures that are named from both sides would be a circle of one thought: their own key alone counts.
        var needs = active.Select((e, i) => (IReadOnlyList<int>)[.. e.Edges.Where(edge => !IsMirrored(e, edge, active)).Select(edge => index.GetValueOrDefault(edge.To, -1)).Where(n => n >= 0)]).ToList();
        var order = DependencyOrder.Of(needs, out var cycle);
        if (cycle.Count > 0)
            Add("CFG_CYCLE", active[cycle[0]], active[cycle[0]].Edges.First(e => e.To == active[cycle[1]].Id).Key, $"circular dependency: {string.Join(" → ", cycle.Select(c => active[c].Id))}.",
                "Remove one of: " + string.Join(", ", cycle.Zip(cycle.Skip(1), (from, to) => $"{active[from].Edges.First(e => e.To == active[to].Id).Key} of {active[from].Id}")) + ".");
        return [.. order.Select(i => active[i])];
    }

    private static bool IsMirrored(DatasetEntry entry, DatasetEdge edge, List<DatasetEntry> active) =>
        edge.Key == "conditioning_data" && active.OfType<ConditioningEntry>().Any(c => c.Id == edge.To && c.SourceDatasetId == entry.Id);

    private void Add(string code, DatasetEntry entry, string key, string message, string hint)
    {
        var node = nodes[Math.Min(entry.Index, nodes.Count - 1)];
        log.Add(code, (node as ConfigNode.Map)?.Members.FirstOrDefault(m => m.Key == key).Value ?? node, message, hint);
    }

    private static string Words(int types) => string.Join(" or ", Enum.GetValues<DatasetType>().Where(t => (types & For.Of(t)) != 0).Select(KeyCheck.Word));
}
