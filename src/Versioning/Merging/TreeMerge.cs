using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;
using Temper.Versioning.Paths;
using Temper.Versioning.Repositories;
using Temper.Versioning.Trees;

namespace Temper.Versioning.Merging;

/// <summary>One merge of three trees, folder by folder; a folder that one side left alone is not opened.</summary>
/// <param name="objects">Where trees are read.</param>
/// <param name="batch">Takes what is new; null: a merge of merge bases, whose objects nobody stores.</param>
/// <param name="options">How.</param>
/// <param name="depth">0 for a person's merge, more for merges of its bases.</param>
internal sealed class TreeMerge(MergeObjects objects, IObjectBatch? batch, MergeOptions options, int depth)
{
    private readonly MergeReport _report = new();
    private readonly FileMerger _files = new(objects, batch, options, depth);

    public async Task<MergeResult> RunAsync(Digest? from, Digest ours, Digest theirs, CancellationToken ct)
    {
        var merged = await FolderAsync("", new(Root(from), Root(ours), Root(theirs)), ct);
        if (batch is not null)
            await _report.StoreBasesAsync(objects, batch, ct);
        return _report.Result(merged?.Id ?? Keep([]).Id);
    }

    private static TreeEntry? Root(Digest? tree) => tree is { } id ? new(EntryMode.Folder, "", id, 0) : null;

    /// <summary>The merged folder; null when no file is left in it.</summary>
    private async Task<TreeEntry?> FolderAsync(string path, MergeSides folder, CancellationToken ct)
    {
        if (folder.Ours?.Id == folder.Theirs?.Id || folder.Base?.Id == folder.Theirs?.Id)
            return folder.Ours;
        if (folder.Base?.Id == folder.Ours?.Id)
            return folder.Theirs;
        if (batch is not null && await LargeFolderMerge.FindAsync(objects, folder, ct) is { } changed)
            return await LargeFolderAsync(path, folder.Ours!, changed, batch, ct);
        var names = new SortedDictionary<string, MergeSides>(GitOrder.Comparer);
        foreach (var entry in await objects.ReadTreeAsync(folder.Base, ct))
            names[entry.Name] = new(entry, null, null);
        foreach (var entry in await objects.ReadTreeAsync(folder.Ours, ct))
            names[entry.Name] = names.GetValueOrDefault(entry.Name) with { Ours = entry };
        foreach (var entry in await objects.ReadTreeAsync(folder.Theirs, ct))
            names[entry.Name] = names.GetValueOrDefault(entry.Name) with { Theirs = entry };
        var merged = new List<TreeEntry>();
        var taken = names.Keys.ToHashSet(StringComparer.Ordinal);
        foreach (var (name, three) in names)
            await NameAsync(path, name, three, merged, taken, ct);
        if (merged.Count == 0)
            return null;
        var (id, size) = Keep(merged);
        return new(EntryMode.Folder, (folder.Ours ?? folder.Theirs ?? folder.Base)!.Name, id, size);
    }

    private async Task<TreeEntry?> LargeFolderAsync(string path, TreeEntry ours, SortedDictionary<string, MergeSides> changed, IObjectBatch into, CancellationToken ct)
    {
        var changes = new List<FolderChange>();
        foreach (var (name, sides) in changed)
        {
            var merged = new List<TreeEntry>();
            await NameAsync(path, name, sides, merged, [], ct);
            if (merged.FirstOrDefault() is var entry && entry != sides.Ours)
                changes.Add(new(name, entry));
        }
        return await LargeFolderMerge.EditAsync(objects.Store, into, ours, changes, ct);
    }

    private (Digest Id, long Size) Keep(IReadOnlyCollection<TreeEntry> entries) => batch?.AddFolder(entries) ?? objects.KeepTree(entries);

    private async Task NameAsync(string path, string name, MergeSides three, List<TreeEntry> merged, HashSet<string> taken, CancellationToken ct)
    {
        var (folders, files) = (three.Only(folders: true), three.Only(folders: false));
        var folder = folders.IsNone ? null : await FolderAsync($"{path}{name}/", folders, ct);
        if (folder is not null)
            merged.Add(folder);
        if (files.IsNone || (folder is not null && files.Ours is null && files.Theirs is null))
            return;
        var inTheWay = folder is not null;
        var place = name;
        if (inTheWay)
        {
            var side = folders.Ours is not null ? options.TheirsLabel : options.OursLabel;
            if (Same(files.Base, files.Ours ?? files.Theirs))
                return;
            place = Unique(name, side, taken);
            _report.Say(path + place, $"CONFLICT (file/directory): directory in the way of {path}{name} from {side}; moving it to {path}{place} instead.");
        }
        var outcome = await FileAsync(path, name, place, files, inTheWay, taken, ct);
        merged.AddRange(outcome);
    }

    private async Task<IReadOnlyList<TreeEntry>> FileAsync(string path, string name, string place, MergeSides three, bool inTheWay, HashSet<string> taken, CancellationToken ct)
    {
        var (from, ours, theirs) = three;
        if (Same(ours, theirs) || Same(from, theirs))
            return At(ours, place);
        if (Same(from, ours))
            return At(theirs, place);
        if (ours is not null && theirs is not null)
        {
            return ours.Mode == EntryMode.Link == (theirs.Mode == EntryMode.Link)
                ? At(await ContentAsync(path + place, three, ct), place)
                : DistinctTypes(path, name, three, taken);
        }
        if (from is not null && (ours ?? theirs) is { } changed)
            return At(ModifyDelete(path + place, three, changed), place);
        var added = ours ?? theirs;
        if (inTheWay)
            _report.Conflict(path + place, ConflictKind.FileDirectory, null, At(ours, place).FirstOrDefault(), At(theirs, place).FirstOrDefault());
        return At(added, place);
    }

    private async Task<TreeEntry> ContentAsync(string path, MergeSides three, CancellationToken ct)
    {
        var file = new MergedFile(SafePath.Parse(path), three.Base, three.Ours!, three.Theirs!);
        var (entry, kind, isContent) = await _files.MergeAsync(file, ct);
        if (kind == ConflictKind.Binary)
        {
            _report.Say(path, $"warning: Cannot merge binary files: {path} ({options.OursLabel} vs. {options.TheirsLabel})");
            _report.LayBeside(path, three.Theirs!);
        }
        if (isContent)
            _report.Say(path, $"Auto-merging {path}");
        if (kind is not { } conflict)
            return entry;
        _report.Say(path, $"CONFLICT ({(three.Base is null ? "add/add" : "content")}): Merge conflict in {path}");
        _report.Conflict(path, conflict == ConflictKind.Content && three.Base is null ? ConflictKind.AddAdd : conflict, three.Base, three.Ours, three.Theirs);
        return entry;
    }

    private TreeEntry? ModifyDelete(string path, MergeSides three, TreeEntry changed)
    {
        var (by, gone) = three.Ours is not null ? (options.OursLabel, options.TheirsLabel) : (options.TheirsLabel, options.OursLabel);
        _report.Say(path, $"CONFLICT (modify/delete): {path} deleted in {gone} and modified in {by}.  Version {by} of {path} left in tree.");
        _report.Conflict(path, ConflictKind.ModifyDelete, three.Base, three.Ours, three.Theirs);
        return depth > 0 ? three.Base : changed;
    }

    /// <summary>A file and a link: the file moves aside.</summary>
    private List<TreeEntry> DistinctTypes(string path, string name, MergeSides three, HashSet<string> taken)
    {
        var (from, ours, theirs) = (three.Base, three.Ours!, three.Theirs!);
        if (depth > 0)
            return At(from, name);
        var oursMoves = ours.Mode != EntryMode.Link;
        var aside = Unique(name, oursMoves ? options.OursLabel : options.TheirsLabel, taken);
        var (ourPlace, theirPlace) = oursMoves ? (aside, name) : (name, aside);
        _report.Say(path + aside, $"CONFLICT (distinct types): {path}{name} had different types on each side; renamed one of them so each can be recorded somewhere.");
        _report.Conflict(path + ourPlace, ConflictKind.DistinctTypes, Like(from, ours), ours, null);
        _report.Conflict(path + theirPlace, ConflictKind.DistinctTypes, Like(from, theirs), null, theirs);
        return [ours with { Name = ourPlace }, theirs with { Name = theirPlace }];
    }

    private static TreeEntry? Like(TreeEntry? from, TreeEntry side) => from is not null && from.Mode == EntryMode.Link == (side.Mode == EntryMode.Link) ? from : null;

    private static bool Same(TreeEntry? one, TreeEntry? other) => one is not null && other is not null && one.Id == other.Id && one.Mode == other.Mode;

    private static List<TreeEntry> At(TreeEntry? entry, string name) => entry is null ? [] : [entry with { Name = name }];

    private static string Unique(string name, string label, HashSet<string> taken)
    {
        var aside = $"{name}~{label.Replace('/', '_')}";
        var unique = aside;
        for (var i = 0; !taken.Add(unique); i++)
            unique = $"{aside}_{i}";
        return unique;
    }
}
