namespace Temper.Versioning.Repositories;

/// <summary>What changes among the entries of one folder: stages that go, entries that come.</summary>
internal sealed class FolderEdit
{
    private const int Merged = 1, Sides = 2 | 4 | 8;
    private readonly Dictionary<string, int> _gone = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Name, int Stage), IndexItem> _come = [];

    /// <summary>The run that the edit is for; null: it makes the first one.</summary>
    public string? First { get; private init; }

    /// <summary>Removes a name with all its stages.</summary>
    public void Remove(string name)
    {
        _gone[name] = Merged | Sides;
        for (var stage = 0; stage < 4; stage++)
            _come.Remove((name, stage));
    }

    /// <summary>Removes a name unless it is in conflict.</summary>
    public void RemoveMerged(string name)
    {
        _gone[name] = _gone.GetValueOrDefault(name) | Merged;
        _come.Remove((name, 0));
    }

    /// <summary>Puts an entry; a merged one ends a conflict, one side of a conflict replaces the merged one.</summary>
    public void Put(IndexItem item)
    {
        _gone[item.Name] = _gone.GetValueOrDefault(item.Name) | (item.Stage == 0 ? Merged | Sides : Merged | 1 << item.Stage);
        for (var stage = 0; stage < 4; stage++)
            if (item.Stage == 0 || stage == 0)
                _come.Remove((item.Name, stage));
        _come[(item.Name, item.Stage)] = item;
    }

    /// <summary>The edit for each run of a folder that it touches.</summary>
    public IEnumerable<FolderEdit> Split(List<string> firsts)
    {
        if (firsts.Count <= 1)
            return [Whole(firsts.Count == 0 ? null : firsts[0])];
        int RunOf(string name)
        {
            var at = firsts.BinarySearch(name, GitOrder.Comparer);
            return at < 0 ? Math.Max(0, ~at - 1) : at;
        }
        var parts = new SortedDictionary<int, FolderEdit>();
        foreach (var (name, stages) in _gone)
        {
            var run = RunOf(name);
            if (!parts.TryGetValue(run, out var part))
                parts.Add(run, part = new() { First = firsts[run] });
            part._gone[name] = stages;
        }
        foreach (var (key, item) in _come)
            parts[RunOf(key.Name)]._come[key] = item;
        return parts.Values;
    }

    /// <summary>Changes a sorted run; false when it stays as it is.</summary>
    public bool Apply(List<IndexItem> items)
    {
        var kept = items.FindAll(item => (_gone.GetValueOrDefault(item.Name) >> item.Stage & 1) == 0);
        if (kept.Count == items.Count && _come.Count == 0)
            return false;
        kept.AddRange(_come.Values);
        kept.Sort(IndexItem.Compare);
        if (kept.Count == items.Count && kept.SequenceEqual(items))
            return false;
        items.Clear();
        items.AddRange(kept);
        return true;
    }

    private FolderEdit Whole(string? first)
    {
        var part = new FolderEdit { First = first };
        foreach (var (name, stages) in _gone)
            part._gone[name] = stages;
        foreach (var (key, item) in _come)
            part._come[key] = item;
        return part;
    }
}
