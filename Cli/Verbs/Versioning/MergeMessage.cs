using Temper.Versioning.History;
using Temper.Versioning.Repositories;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>The message of a merge that nobody wrote one for.</summary>
internal static class MergeMessage
{
    public static async Task<string> OfAsync(Repository repository, Head head, string name, CancellationToken ct)
    {
        var full = await Revisions.FullNameAsync(repository, name, ct);
        var what = full switch
        {
            null or "HEAD" => $"commit '{name}'",
            _ when full.StartsWith(RefName.Heads, StringComparison.Ordinal) => $"branch '{RefName.Short(full)}'",
            _ when full.StartsWith(RefName.Tags, StringComparison.Ordinal) => $"tag '{RefName.Short(full)}'",
            _ when full.StartsWith(RefName.Remotes, StringComparison.Ordinal) => $"remote-tracking branch '{RefName.Short(full)}'",
            _ => $"commit '{name}'",
        };
        return $"Merge {what}{(head.ShortBranch is "main" or "master" ? "" : $" into {head.ShortBranch ?? "HEAD"}")}\n";
    }
}
