using Temper.Core.Ids;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>Names of references by the commits they lead to, as git's <c>--decorate</c> shows them.</summary>
internal static class Decorations
{
    public static async Task<IReadOnlyDictionary<Digest, string>> ReadAsync(Repository repository, CancellationToken ct)
    {
        var names = new Dictionary<Digest, List<string>>();
        var head = await repository.Refs.HeadAsync(ct);
        if (head.Commit is { } at)
            names[at] = [head.ShortBranch is { } branch ? $"HEAD -> {branch}" : "HEAD"];
        foreach (var (name, target) in (await repository.Refs.ListAsync("refs/", ct)).Reverse())
        {
            if (name == head.Branch)
                continue;
            var commit = target;
            while (await repository.Objects.FindKindAsync(commit, ct) == ObjectKind.Tag)
                commit = (await repository.Objects.ReadTagAsync(commit, ct)).Target;
            if (!names.TryGetValue(commit, out var list))
                names.Add(commit, list = []);
            list.Add((name.StartsWith(RefName.Tags, StringComparison.Ordinal) ? "tag: " : "") + RefName.Short(name));
        }
        return names.ToDictionary(n => n.Key, n => string.Join(", ", n.Value));
    }
}
