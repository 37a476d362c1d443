using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.History;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>What a comparison is between: trees, or two files; and which paths it is about.</summary>
internal sealed class DiffSides
{
    private readonly List<string> _paths = [];
    private readonly List<string> _texts = [];
    private readonly List<TreeEntry> _files = [];

    /// <summary>Trees, the first side first.</summary>
    public List<Digest> Trees { get; } = [];

    /// <summary>Two files that were named by themselves.</summary>
    public (TreeEntry One, TreeEntry Other)? Files => _files is [var one, var other] ? (one, other) : null;

    /// <summary>What to call these files.</summary>
    public string Name => _texts.Count > 0 && _texts[^1].IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon ? _texts[^1][(colon + 1)..] : _texts[^1];

    public PathFilter? Filter => PathFilter.Of(_paths);

    /// <exception cref="VersionExit">Exit 128: a word is neither a revision nor a path.</exception>
    public static async Task<DiffSides> ReadAsync(VersionSession session, IReadOnlyList<string> words, CancellationToken ct)
    {
        var sides = new DiffSides();
        var before = session.BeforeDashes([.. words]);
        for (var i = 0; i < words.Count; i++)
        {
            if (i < before)
                await sides.AddAsync(session.Repository, words[i], ct);
            else if (i >= before || sides._paths.Count > 0 || !await sides.TryAddAsync(session, words[i], ct))
                sides._paths.Add(PathOf(session, words[i], isTold: i >= before));
        }
        return sides._files.Count is 0 or 2 ? sides : throw new VersionExit(VersionVerb.Fatal, "usage", "A file named by itself is compared to another one named so.");
    }

    /// <summary>The same sides, but the first as it was where the histories met.</summary>
    public async Task<List<Digest>> FromMergeBaseAsync(Repository repository, CancellationToken ct)
    {
        var one = await Revisions.CommitAsync(repository, _texts.Count > 0 ? _texts[0] : "HEAD", ct);
        var other = await Revisions.CommitAsync(repository, _texts.Count > 1 ? _texts[1] : "HEAD", ct);
        var from = await TreeOfBaseAsync(repository, one, other, ct);
        return _texts.Count > 1 ? [from, Trees[1]] : [from];
    }

    private async Task<bool> TryAddAsync(VersionSession session, string word, CancellationToken ct)
    {
        if (word.StartsWith('-') && word.Length > 1)
            throw new VersionExit(129, "usage", $"There is no option '{word}'.");
        try
        {
            await AddAsync(session.Repository, word, ct);
        }
        catch (TemperException error) when (error.Code is "revision_unknown" or "path_invalid" or "reflog_too_short" or "object_missing")
        {
            return false;
        }
        return word is "HEAD" or "@" || session.Repository.IsBare || !Path.Exists(Path.Combine(session.Folder, word))
            ? true
            : throw new VersionExit(VersionVerb.Fatal, "usage", $"'{word}' is both a revision and a file.", "Put -- between revisions and files.");
    }

    private async Task AddAsync(Repository repository, string word, CancellationToken ct)
    {
        if (word.IndexOf("...", StringComparison.Ordinal) is >= 0 and var three)
        {
            var (a, b) = (await Revisions.CommitAsync(repository, OrHead(word[..three]), ct), await Revisions.CommitAsync(repository, OrHead(word[(three + 3)..]), ct));
            Trees.Add(await TreeOfBaseAsync(repository, a, b, ct));
            Trees.Add((await repository.Objects.ReadCommitAsync(b, ct)).Tree);
        }
        else if (word.IndexOf("..", StringComparison.Ordinal) is >= 0 and var two && !word.Contains(':', StringComparison.Ordinal))
        {
            var (a, b) = (await Revisions.TreeAsync(repository, OrHead(word[..two]), ct), await Revisions.TreeAsync(repository, OrHead(word[(two + 2)..]), ct));
            Trees.AddRange([a, b]);
        }
        else
        {
            var entry = await Revisions.EntryAsync(repository, word, ct);
            if (await repository.Objects.FindKindAsync(entry.Id, ct) is null or ObjectKind.Chunk)
                _files.Add(await SizedAsync(repository, entry, ct));
            else
                Trees.Add(await Revisions.PeelAsync(repository.Objects, entry.Id, ObjectKind.Tree, word, ct));
            _texts.Add(word);
        }
    }

    private static async Task<TreeEntry> SizedAsync(Repository repository, TreeEntry entry, CancellationToken ct)
    {
        if (entry.Size > 0 || entry.Id == Digest.Of([]))
            return entry;
        await using var content = await repository.Objects.OpenFileAsync(entry.Id, 0, null, ct);
        return entry with { Size = content.Length };
    }

    private static async Task<Digest> TreeOfBaseAsync(Repository repository, Digest a, Digest b, CancellationToken ct) =>
        await MergeBases.FindAsync(new(repository.Objects), a, b, ct) is [var common, ..]
            ? (await repository.Objects.ReadCommitAsync(common, ct)).Tree
            : throw new VersionExit(VersionVerb.Fatal, "merge_unrelated", "The two histories have no commit in common.");

    private static string OrHead(string text) => text.Length == 0 ? "HEAD" : text;

    private static string PathOf(VersionSession session, string word, bool isTold) =>
        isTold || word.IndexOfAny(['*', '?', '[']) >= 0 || word.StartsWith(':') || Path.Exists(Path.Combine(session.Folder, word))
            ? session.PathOf(word)
            : throw new VersionExit(VersionVerb.Fatal, "revision_unknown", $"'{word}' is neither a revision nor a path in the work tree.", "Put -- before paths that are gone.");
}
