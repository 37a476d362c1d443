using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.Metadata;
using Temper.Versioning.Tensors;

namespace Temper.Versioning.Merging;

/// <summary>Merges by what is in a file, for <see cref="MergeOptions"/>.</summary>
public static class ContentMerges
{
    /// <summary>Merges .safetensors files tensor by tensor (<see cref="TensorMerge"/>); what it has to say of conflicts goes to <paramref name="tell"/>.</summary>
    public static FileMerge Tensors(Action<string, TensorConflict> tell) => async (store, file, batch, ct) =>
    {
        if (file.Base is not { } from)
            return null;
        var result = await TensorMerge.TryMergeAsync(store, from.Id, file.Ours.Id, file.Theirs.Id, batch, ct);
        foreach (var conflict in result?.Conflicts ?? [])
            tell(file.Path.ToString(), conflict);
        return result?.Merged;
    };

    /// <summary>Merges metadata key by key (<see cref="MetadataMerge"/>); conflicts are named <c>DOCUMENT#POINTER</c>, and their values are those of ours.</summary>
    public static MetadataTreeMerge Metadata(MergeRules rules) => async (store, from, ours, theirs, batch, ct) =>
    {
        var (root, result) = await MetadataMerge.MergeAsync(store, from, ours, theirs, rules, batch, ct);
        return (root, [.. result.Conflicts.Select(c => $"{c.Document}#{c.Pointer}")]);
    };
}
