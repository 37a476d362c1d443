using System.Globalization;
using Temper.Versioning.History;
using Temper.Versioning.Repositories;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>The commits and paths that verbs of the history are about, as people write them.</summary>
internal sealed class CommitNames
{
    private readonly List<string> _paths = [];

    private CommitNames() { }

    public RevisionRange Range { get; } = new();

    /// <summary>Texts that name commits or ranges, in order.</summary>
    public List<string> Revisions { get; } = [];

    /// <summary>Paths, from the root of the work tree.</summary>
    public IReadOnlyList<string> Paths => _paths;

    public PathFilter? Filter => PathFilter.Of(_paths);

    /// <summary>What <c>-5</c> asks for; null without it.</summary>
    public int? Most { get; private set; }

    /// <summary>Takes apart what stands behind a verb: revisions, then paths; <c>--</c> tells them apart where it must be told.</summary>
    /// <exception cref="VersionExit">Exit 128: a word is neither; 129: an option that is none.</exception>
    public static async Task<CommitNames> ReadAsync(VersionSession session, IReadOnlyList<string> words, CancellationToken ct)
    {
        var names = new CommitNames();
        var before = session.BeforeDashes([.. words]);
        var negated = false;
        for (var i = 0; i < words.Count; i++)
        {
            var word = words[i];
            if (i >= before)
                names._paths.Add(session.PathOf(word));
            else if (word.Length > 1 && word[0] == '-')
                negated ^= names.Option(word);
            else if (names._paths.Count > 0 || !await names.TryRevisionAsync(session, word, negated, before is null, ct))
                names._paths.Add(PathOf(session, word));
        }
        return names;
    }

    /// <summary>Adds all references that an option asks for, and HEAD where nothing was named.</summary>
    public async Task AddReferencesAsync(VersionSession session, bool all, bool branches, bool tags, bool remotes, bool orHead, CancellationToken ct)
    {
        foreach (var (wanted, prefix) in new[] { (all, "refs/"), (branches, RefName.Heads), (tags, RefName.Tags), (remotes, RefName.Remotes) })
            if (wanted)
                await Range.AddReferencesAsync(session.Repository, prefix, isNegated: false, ct);
        if (all && (await session.Repository.Refs.HeadAsync(ct)).Commit is { } head)
            Range.Add(head, "HEAD");
        if (!orHead || all || branches || tags || remotes || Revisions.Count > 0)
            return;
        var at = await session.Repository.Refs.HeadAsync(ct);
        Range.Add(at.Commit ?? throw new VersionExit(VersionVerb.Fatal, "revision_unknown", $"Your current branch '{at.ShortBranch}' does not have any commits yet."), "HEAD");
    }

    private bool Option(string word)
    {
        if (word == "--not")
            return true;
        if (int.TryParse(word.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var most))
            Most = most;
        else
            throw new VersionExit(129, "usage", $"There is no option '{word}'.");
        return false;
    }

    private async Task<bool> TryRevisionAsync(VersionSession session, string word, bool negated, bool mayBePath, CancellationToken ct)
    {
        try
        {
            await Range.AddAsync(session.Repository, word, negated, ct);
        }
        catch (Core.Errors.TemperException error) when (mayBePath && error.Code is "revision_unknown" or "path_invalid" or "reflog_too_short" or "object_missing")
        {
            return false;
        }
        if (mayBePath && IsThere(session, word))
            throw new VersionExit(VersionVerb.Fatal, "usage", $"'{word}' is both a revision and a file.", "Put -- between revisions and files.");
        Revisions.Add(word);
        return true;
    }

    private static bool IsThere(VersionSession session, string word) => !session.Repository.IsBare && word is not ("HEAD" or "@") && Path.Exists(Path.Combine(session.Folder, word));

    private static string PathOf(VersionSession session, string word) =>
        word.IndexOfAny(['*', '?', '[']) >= 0 || word.StartsWith(':') || IsThere(session, word)
            ? session.PathOf(word)
            : throw new VersionExit(VersionVerb.Fatal, "revision_unknown", $"'{word}' is neither a revision nor a path in the work tree.", "Put -- before paths that are gone.");
}
