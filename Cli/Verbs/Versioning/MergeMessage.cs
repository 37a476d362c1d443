using System.Text;
using Temper.Core.Ids;
using Temper.Versioning.History;
using Temper.Versioning.Repositories;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>The message of a merge that nobody wrote one for.</summary>
internal static class MergeMessage
{
    /// <summary>What git writes for <c>--squash</c>: every commit that one side lacks of the other, as <c>log</c> shows it.</summary>
    public static async Task<string> SquashedAsync(Repository repository, Digest ours, Digest theirs, CancellationToken ct)
    {
        var format = new CommitFormat(new Dictionary<Digest, string>());
        var text = new StringBuilder("Squashed commit of the following:\n");
        await foreach (var commit in CommitWalk.RunAsync(new(repository.Objects), new() { Include = [theirs], Exclude = [ours] }, ct))
            text.Append('\n').Append(format.Named("medium", commit.Id, await repository.Objects.ReadCommitAsync(commit.Id, ct), false));
        return text.ToString();
    }

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
