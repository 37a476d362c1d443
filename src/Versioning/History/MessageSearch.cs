using System.Text.RegularExpressions;
using Temper.Core.Ids;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.History;

/// <summary>The youngest commit whose message matches a pattern: <c>:/TEXT</c>, <c>REV^{/TEXT}</c>.</summary>
internal sealed class MessageSearch(Repository repository)
{
    public async Task<Digest?> AnywhereAsync(string pattern, CancellationToken ct)
    {
        var tips = new List<Digest>();
        foreach (var (_, target) in await repository.Refs.ListAsync("refs/", ct))
            if (await TipAsync(target, ct) is { } tip)
                tips.Add(tip);
        if ((await repository.Refs.HeadAsync(ct)).Commit is { } head)
            tips.Add(head);
        return await FirstAsync(tips, pattern, ct);
    }

    public Task<Digest?> FromAsync(Digest commit, string pattern, CancellationToken ct) => FirstAsync([commit], pattern, ct);

    private async Task<Digest?> FirstAsync(List<Digest> tips, string pattern, CancellationToken ct)
    {
        Regex regex;
        try
        {
            regex = new(pattern, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.Multiline);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            throw RevisionText.Unknown(pattern);
        }
        var walk = new WalkOptions { Include = tips, Most = 1, Keep = commit => regex.IsMatch(commit.Message) };
        await foreach (var commit in CommitWalk.RunAsync(new(repository.Objects), walk, ct))
            return commit.Id;
        return null;
    }

    private async Task<Digest?> TipAsync(Digest target, CancellationToken ct)
    {
        while (await repository.Objects.FindKindAsync(target, ct) == ObjectKind.Tag)
            target = (await repository.Objects.ReadTagAsync(target, ct)).Target;
        return await repository.Objects.FindKindAsync(target, ct) == ObjectKind.Commit ? target : null;
    }
}
