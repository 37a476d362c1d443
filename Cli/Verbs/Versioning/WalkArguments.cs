using System.CommandLine;
using System.Text.RegularExpressions;
using Temper.Versioning.History;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>The options that choose and order commits, the same for all verbs that walk a history.</summary>
internal sealed class WalkArguments
{
    private readonly Argument<string[]> _names = new("revision") { Description = "Commits, ranges such as A..B, then paths", Arity = ArgumentArity.ZeroOrMore, HelpName = "REVISION|PATH" };
    private readonly Option<int?> _most = new("--max-count", "-n") { Description = "At most so many", HelpName = "N" };
    private readonly Option<int> _skip = new("--skip") { Description = "Leave out the first ones", HelpName = "N" };
    private readonly Option<bool> _reverse = new("--reverse") { Description = "From the last to the first" };
    private readonly Option<bool> _topological = new("--topo-order") { Description = "No commit before those that follow it, each line of history in one piece" };
    private readonly Option<bool> _dateOrder = new("--date-order") { Description = "No commit before those that follow it, otherwise by date" };
    private readonly Option<bool> _firstParent = new("--first-parent") { Description = "Follow only the first parent of merges" };
    private readonly Option<bool> _merges = new("--merges") { Description = "Only merges" };
    private readonly Option<bool> _noMerges = new("--no-merges") { Description = "No merges" };
    private readonly Option<bool> _all = new("--all") { Description = "From all references and HEAD" };
    private readonly Option<bool> _branches = new("--branches") { Description = "From all branches" };
    private readonly Option<bool> _tags = new("--tags") { Description = "From all tags" };
    private readonly Option<bool> _remotes = new("--remotes") { Description = "From all branches of remotes" };
    private readonly Option<string?> _author = new("--author") { Description = "Only by authors whose name or address match", HelpName = "PATTERN" };
    private readonly Option<string?> _grep = new("--grep") { Description = "Only with messages that match", HelpName = "PATTERN" };
    private readonly Option<string?> _since = new("--since", "--after") { Description = "Only later than a date", HelpName = "DATE" };
    private readonly Option<string?> _until = new("--until", "--before") { Description = "Only earlier than a date", HelpName = "DATE" };

    public Symbol[] Symbols => [_names, _most, _skip, _reverse, _topological, _dateOrder, _firstParent, _merges, _noMerges, _all, _branches, _tags, _remotes, _author, _grep, _since, _until];

    /// <summary>What was named, and the walk that it asks for.</summary>
    public async Task<(CommitNames Names, WalkOptions Walk)> ReadAsync(VersionSession session, bool orHead, CancellationToken ct)
    {
        var parsed = session.Parsed;
        var names = await CommitNames.ReadAsync(session, parsed.GetValue(_names) ?? [], ct);
        await names.AddReferencesAsync(session, parsed.GetValue(_all), parsed.GetValue(_branches), parsed.GetValue(_tags), parsed.GetValue(_remotes), orHead, ct);
        return (names, new WalkOptions
        {
            Include = names.Range.Include,
            Exclude = names.Range.Exclude,
            Order = parsed.GetValue(_topological) ? WalkOrder.Topological : parsed.GetValue(_dateOrder) ? WalkOrder.TopologicalDate : WalkOrder.Date,
            FirstParent = parsed.GetValue(_firstParent),
            Reverse = parsed.GetValue(_reverse),
            Skip = Math.Max(0, parsed.GetValue(_skip)),
            Most = (parsed.GetValue(_most) ?? names.Most) is { } most and >= 0 ? most : null,
            MinParents = parsed.GetValue(_merges) ? 2 : 0,
            MaxParents = parsed.GetValue(_noMerges) ? 1 : int.MaxValue,
            Paths = names.Filter,
            Keep = Keep(parsed),
        });
    }

    private Func<Commit, bool>? Keep(ParseResult parsed)
    {
        var (author, grep) = (Pattern(parsed.GetValue(_author)), Pattern(parsed.GetValue(_grep)));
        var (since, until) = (Date(parsed.GetValue(_since)), Date(parsed.GetValue(_until)));
        if (author is null && grep is null && since is null && until is null)
            return null;
        return commit => author?.IsMatch($"{commit.Author.Name} <{commit.Author.Mail}>") != false && grep?.IsMatch(commit.Message) != false
            && !(commit.Committer.AtMs < since) && !(commit.Committer.AtMs > until);
    }

    private static long? Date(string? text) => text is null ? null : GitDate.Parse(text, TimeZoneInfo.Local).AtMs;

    private static Regex? Pattern(string? text)
    {
        try
        {
            return text is null ? null : new(text, RegexOptions.CultureInvariant | RegexOptions.Multiline | RegexOptions.NonBacktracking);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            throw new VersionExit(VersionVerb.Fatal, "usage", $"'{text}' is no pattern: {error.Message}");
        }
    }
}
