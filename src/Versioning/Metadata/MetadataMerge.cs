using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.Paths;

namespace Temper.Versioning.Metadata;

/// <summary>A value that both sides changed, each in its own way. An absent side removed it.</summary>
/// <param name="Document">Path of the document.</param>
/// <param name="Pointer">JSON pointer to the value, in ours where it is there, else in theirs, else in the base; empty for the whole document.</param>
/// <param name="Base">The value in the common ancestor.</param>
/// <param name="Ours">The value on our side.</param>
/// <param name="Theirs">The value on their side.</param>
public sealed record MetadataConflict(string Document, string Pointer, JsonElement? Base, JsonElement? Ours, JsonElement? Theirs);

/// <summary>What became of a merge of documents.</summary>
/// <param name="Documents">The merged documents; where there is a conflict, with the values of ours.</param>
/// <param name="Conflicts">Empty when the merge is whole.</param>
public sealed record MetadataMergeResult(SortedDictionary<SafePath, JsonElement> Documents, IReadOnlyList<MetadataConflict> Conflicts);

/// <summary>
/// Merges metadata key by key. Maps are entered; the arrays of <see cref="MergeRules.Sets"/> are united, less what either side removed; the records of
/// <see cref="MergeRules.Records"/> are matched by their keys; everything else is a scalar: the side that changed it wins, and two changes are a
/// conflict unless they are the same, or <see cref="MergeRules"/> settle it.
/// </summary>
public static class MetadataMerge
{
    /// <summary>Merges two trees of documents; the root is null where no document is left, and must not be used where there are conflicts.</summary>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public static async Task<(Digest? Root, MetadataMergeResult Result)> MergeAsync(IObjectStore store, Digest? @base, Digest? ours, Digest? theirs, MergeRules rules, IObjectBatch batch, CancellationToken ct)
    {
        if (ours == theirs || @base == theirs)
            return (ours, new(await MetadataTree.ReadAsync(store, ours, ct), []));
        if (@base == ours)
            return (theirs, new(await MetadataTree.ReadAsync(store, theirs, ct), []));
        var result = Merge(await MetadataTree.ReadAsync(store, @base, ct), await MetadataTree.ReadAsync(store, ours, ct), await MetadataTree.ReadAsync(store, theirs, ct), rules);
        return (await MetadataTree.BuildAsync(result.Documents, batch, ct), result);
    }

    /// <summary>Merges sets of documents.</summary>
    public static MetadataMergeResult Merge(
        IReadOnlyDictionary<SafePath, JsonElement> @base, IReadOnlyDictionary<SafePath, JsonElement> ours, IReadOnlyDictionary<SafePath, JsonElement> theirs, MergeRules rules)
    {
        ArgumentNullException.ThrowIfNull(@base);
        ArgumentNullException.ThrowIfNull(ours);
        ArgumentNullException.ThrowIfNull(theirs);
        ArgumentNullException.ThrowIfNull(rules);
        var documents = new SortedDictionary<SafePath, JsonElement>();
        var conflicts = new List<MetadataConflict>();
        foreach (var path in @base.Keys.Union(ours.Keys).Union(theirs.Keys).Order())
        {
            var merge = new DocumentMerge(path.ToString(), rules, conflicts);
            var merged = merge.Merge(@base.GetValueOrDefault(path), ours.GetValueOrDefault(path), theirs.GetValueOrDefault(path));
            if (merged.ValueKind != JsonValueKind.Undefined)
                documents[path] = merged;
        }
        return new(documents, conflicts);
    }
}
