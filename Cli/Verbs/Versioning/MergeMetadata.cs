using Temper.Versioning.Merging;
using Temper.Versioning.Metadata;
using Temper.Versioning.Repositories;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>How the metadata of two commits is merged: key by key, under the rules of the repository's settings.</summary>
internal static class MergeMetadata
{
    public static MetadataTreeMerge Of(Repository repository)
    {
        var rules = MergeRules.From(repository.Config.All);
        return async (store, from, ours, theirs, batch, ct) =>
        {
            var (root, result) = await MetadataMerge.MergeAsync(store, from, ours, theirs, rules, batch, ct);
            return (root, [.. result.Conflicts.Select(c => $"{c.Document}#{c.Pointer}")]);
        };
    }
}
