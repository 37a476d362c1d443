using Temper.Versioning.Content;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Merging;

/// <summary>Merges one file that both sides changed: mode and content apart.</summary>
internal sealed class FileMerger(MergeObjects objects, IObjectBatch? batch, MergeOptions options, int depth)
{
    /// <summary>The merged file; the conflict, if any; whether its content was looked at.</summary>
    public async Task<(TreeEntry Entry, ConflictKind? Conflict, bool IsContent)> MergeAsync(MergedFile file, CancellationToken ct)
    {
        var (from, ours, theirs) = (file.Base, file.Ours, file.Theirs);
        var isLink = ours.Mode == EntryMode.Link;
        if (from is not null && from.Mode == EntryMode.Link != isLink)
            from = null;
        var (mode, modeConflicts) = Mode(file.Base, ours, theirs);
        ConflictKind? conflict = modeConflicts ? ConflictKind.Content : null;
        if (ours.Id == theirs.Id || ours.Id == file.Base?.Id)
            return (theirs with { Mode = mode }, conflict, false);
        if (theirs.Id == file.Base?.Id)
            return (ours with { Mode = mode }, conflict, false);
        if (isLink)
            return Link(from, ours, theirs);
        if (await TensorsAsync(file with { Base = from }, ct) is { } tensors)
            return (new(mode, ours.Name, tensors.Id, tensors.Size), conflict, true);
        if (await objects.ReadTextAsync(from, ct) is { } fromText && await objects.ReadTextAsync(ours, ct) is { } ourText && await objects.ReadTextAsync(theirs, ct) is { } theirText)
        {
            var style = new TextMergeStyle(options.OursLabel, options.TheirsLabel, depth > 0 ? MergeFavor.None : options.Favor, 7 + depth * 2);
            var (content, isClean) = TextMerge.Merge(fromText, ourText, theirText, style);
            var stored = batch is null ? objects.KeepFile(content) : await batch.AddFileAsync(new MemoryStream(content), new(ours.Name, ours.Id), ct);
            return (new(mode, ours.Name, stored.Id, stored.Size), isClean ? conflict : ConflictKind.Content, true);
        }
        return Binary(mode, conflict, from, ours, theirs);
    }

    private (TreeEntry Entry, ConflictKind? Conflict, bool IsContent) Binary(EntryMode mode, ConflictKind? conflict, TreeEntry? from, TreeEntry ours, TreeEntry theirs)
    {
        if (depth > 0)
            return (objects.Unequal((from ?? ours) with { Mode = mode }, ours.Id, theirs.Id), ConflictKind.Binary, true);
        return options.Favor switch
        {
            MergeFavor.Ours => (ours with { Mode = mode }, conflict, true),
            MergeFavor.Theirs => (theirs with { Mode = mode }, conflict, true),
            _ => (ours with { Mode = mode }, ConflictKind.Binary, true),
        };
    }

    private (TreeEntry Entry, ConflictKind? Conflict, bool IsContent) Link(TreeEntry? from, TreeEntry ours, TreeEntry theirs) => (depth, options.Favor) switch
    {
        ( > 0, _) => (from ?? objects.Unequal(ours, ours.Id, theirs.Id), null, false),
        (_, MergeFavor.None) => (ours, ConflictKind.Content, false),
        (_, MergeFavor.Ours) => (ours, null, false),
        _ => (theirs, null, false),
    };

    private static (EntryMode Mode, bool Conflicts) Mode(TreeEntry? from, TreeEntry ours, TreeEntry theirs) =>
        ours.Mode == theirs.Mode || ours.Mode == from?.Mode ? (theirs.Mode, false) : (ours.Mode, theirs.Mode != from?.Mode);

    private async Task<StoredFile?> TensorsAsync(MergedFile file, CancellationToken ct) =>
        batch is not null && options.Tensors is { } merge && file.Ours.Name.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase) && (file.Base is null || objects.IsReal(file.Base))
            ? await merge(objects.Store, file, batch, ct)
            : null;
}
