using System.Globalization;
using Temper.Core.Ids;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>Names of commits as verbs that change the work tree take them.</summary>
internal static class RevisionNames
{
    /// <summary>The object that a text names; null when it names none.</summary>
    public static async Task<Digest?> FindAsync(Repository repository, string text, CancellationToken ct)
    {
        var end = text.IndexOfAny(['~', '^']);
        var at = await BaseAsync(repository, end < 0 ? text : text[..end], ct);
        for (var rest = end < 0 ? "" : text[end..]; rest.Length > 0 && at is not null;)
        {
            var length = 1;
            if (rest.StartsWith("^{", StringComparison.Ordinal))
            {
                length = rest.IndexOf('}', StringComparison.Ordinal) + 1;
                at = length == 0 ? null : await PeelAsync(repository, at.Value, rest[2..(length - 1)], ct);
            }
            else
            {
                while (length < rest.Length && char.IsAsciiDigit(rest[length]))
                    length++;
                var count = length == 1 ? 1 : int.Parse(rest.AsSpan(1, Math.Min(length - 1, 9)), CultureInfo.InvariantCulture);
                at = await UpAsync(repository, at.Value, rest[0], count, ct);
            }
            rest = rest[Math.Max(1, length)..];
        }
        return at;
    }

    /// <summary>The commit that a text names, through tags; null when it names none.</summary>
    public static async Task<Digest?> FindCommitAsync(Repository repository, string text, CancellationToken ct) =>
        await FindAsync(repository, text, ct) is { } id ? await PeelAsync(repository, id, "commit", ct) : null;

    /// <summary>The tree that a text names, through tags and commits.</summary>
    /// <exception cref="VersionExit">Exit 128: there is none.</exception>
    public static async Task<Digest> TreeAsync(Repository repository, string text, CancellationToken ct) =>
        (await FindAsync(repository, text, ct) is { } id ? await PeelAsync(repository, id, "tree", ct) : null) ?? throw Unknown(text);

    /// <summary>The commit that a text names.</summary>
    /// <exception cref="VersionExit">Exit 128: there is none.</exception>
    public static async Task<Digest> CommitAsync(Repository repository, string text, CancellationToken ct) => await FindCommitAsync(repository, text, ct) ?? throw Unknown(text);

    /// <summary>The branch or commit that was checked out before, as <c>-</c> or <c>@{-1}</c> names it; null when there was none.</summary>
    public static async Task<string?> PreviousAsync(Repository repository, int back, CancellationToken ct)
    {
        const string Moving = "checkout: moving from ";
        var moves = (await repository.Refs.ReflogAsync("HEAD", 1000, ct)).Where(e => e.Reason.StartsWith(Moving, StringComparison.Ordinal)).ToList();
        return back <= moves.Count && moves[back - 1].Reason[Moving.Length..] is var move && move.IndexOf(" to ", StringComparison.Ordinal) is > 0 and var end ? move[..end] : null;
    }

    public static VersionExit Unknown(string text) => new(VersionVerb.Fatal, "revision_unknown", $"'{text}' names no commit.");

    private static async Task<Digest?> BaseAsync(Repository repository, string text, CancellationToken ct)
    {
        if (text is "HEAD" or "@" or "")
            return text.Length == 0 ? null : (await repository.Refs.HeadAsync(ct)).Commit;
        if (text == "ORIG_HEAD")
            return repository.Merging.Origin();
        if (text == "MERGE_HEAD")
            return repository.Merging.Heads() is [var merged, ..] ? merged : null;
        if (text.StartsWith("@{-", StringComparison.Ordinal) && text.EndsWith('}') && int.TryParse(text.AsSpan(3, text.Length - 4), NumberStyles.None, CultureInfo.InvariantCulture, out var back))
            return await PreviousAsync(repository, back, ct) is { } previous ? await BaseAsync(repository, previous, ct) : null;
        foreach (var prefix in (string[])["", "refs/", RefName.Tags, RefName.Heads, RefName.Remotes])
            if ((prefix.Length > 0 || text.StartsWith("refs/", StringComparison.Ordinal)) && await repository.Refs.FindAsync(prefix + text, ct) is { } target)
                return target;
        if (text.Length is < 4 or > 64 || !text.All(char.IsAsciiHexDigitLower))
            return null;
        var found = await repository.Objects.FindPrefixAsync(text, 3, ct);
        return found.Count == 1 ? found[0].Id : found.Where(f => f.Kind == ObjectKind.Commit).ToList() is [var only] ? only.Id : null;
    }

    private static async Task<Digest?> UpAsync(Repository repository, Digest id, char sign, int count, CancellationToken ct)
    {
        var at = await PeelAsync(repository, id, "commit", ct);
        if (sign == '^')
            return at is null || count == 0 ? at : (await repository.Objects.ReadCommitAsync(at.Value, ct)).Parents is var parents && count <= parents.Count ? parents[count - 1] : null;
        for (; count > 0 && at is { } commit; count--)
            at = (await repository.Objects.ReadCommitAsync(commit, ct)).Parents is [var first, ..] ? first : null;
        return at;
    }

    private static async Task<Digest?> PeelAsync(Repository repository, Digest id, string kind, CancellationToken ct)
    {
        while (true)
        {
            var found = await repository.Objects.FindKindAsync(id, ct);
            if (found is null || kind == ObjectIds.Word(found.Value) || (kind.Length == 0 && found != ObjectKind.Tag))
                return found is null ? null : id;
            if (found == ObjectKind.Tag)
                id = (await repository.Objects.ReadTagAsync(id, ct)).Target;
            else if (found == ObjectKind.Commit && kind == "tree")
                id = (await repository.Objects.ReadCommitAsync(id, ct)).Tree;
            else
                return null;
        }
    }
}
