using System.CommandLine;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Care;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;
using Temper.Versioning.Signing;
using Temper.Versioning.WorkTrees;

namespace Temper.Cli.Verbs.Versioning;

internal static class CommitVerb
{
    private static readonly Option<string[]> Message = new("--message", "-m") { Description = "The message; given again, the next paragraph", HelpName = "TEXT" };
    private static readonly Option<string?> MessageFile = new("--file", "-F") { Description = "A file with the message, - for stdin", HelpName = "FILE" };
    private static readonly Option<bool> All = new("--all", "-a") { Description = "Take all changes of tracked files into the index first" };
    private static readonly Option<bool> Amend = new("--amend") { Description = "Replace the last commit" };
    private static readonly Option<bool> Empty = new("--allow-empty") { Description = "Even when nothing changed" };
    private static readonly Option<bool> NoEdit = new("--no-edit") { Description = "With the message that there is: of the amended commit, or of the merge" };
    private static readonly Option<string?> Author = new("--author") { Description = "Who made it", HelpName = "NAME <MAIL>" };
    private static readonly Option<string?> Date = new("--date") { Description = "When it was made", HelpName = "DATE" };

    private static readonly Option<bool> Sign = new("--sign", "-S") { Description = "Sign it with the key of user.signingKey" };
    private static readonly Option<string?> Key = new("--key") { Description = "Sign it with this key", HelpName = "FILE" };

    private static readonly Argument<string[]> Paths = new("path") { Description = "Only these tracked files, as they are now, whatever else the index holds", Arity = ArgumentArity.ZeroOrMore, HelpName = "PATH" };
    private static readonly Option<bool> Only = new("--only", "-o") { Description = "Only the files that are named, which is what naming them means anyway" };

    public static Command Build() => VersionVerb.Make("commit", """
        Make a commit of what the index holds, or of the files that are named.
        Exits with 1 when nothing changed since the last one.

        Examples:
          temper commit -m "Train on the cleaned set"
          temper commit -am "Fix the card"
          temper commit --amend --no-edit
          temper commit -m "The card alone" card.md
        """, Paths, Only, Message, MessageFile, All, Amend, Empty, NoEdit, Author, Date, Sign, Key).Does(RunAsync);

    private static async Task<int> RunAsync(VersionSession session, CancellationToken ct)
    {
        var parsed = session.Parsed;
        using var held = await session.Repository.LockAsync(ct);
        var paths = (parsed.GetValue(Paths) ?? []).Select(session.PathOf).ToList();
        if (paths.Count > 0 && parsed.GetValue(All))
            throw new VersionExit(VersionVerb.Fatal, "usage", "-a takes all tracked files; paths beside it mean nothing.");
        if (paths.Count == 0 && parsed.GetValue(Only) && !parsed.GetValue(Amend))
            throw new VersionExit(VersionVerb.Fatal, "usage", "--only wants paths.");
        if (paths.Count > 0)
            return await PartialAsync(session, paths, held, ct);
        var added = parsed.GetValue(All) ? await session.Work.AddAsync(new() { TrackedOnly = true, Undoable = true }, held, ct) : null;
        try
        {
            return await CommitAsync(session, null, ct);
        }
        catch when (added is { Added.Count: > 0 } or { Removed.Count: > 0 })
        {
            await session.Work.UndoAsync(added, CancellationToken.None);
            throw;
        }
    }

    /// <summary>Commits paths as they are in the work tree on top of HEAD; what else the index holds stays in it.</summary>
    private static async Task<int> PartialAsync(VersionSession session, List<string> paths, RepositoryLock held, CancellationToken ct)
    {
        if (session.Repository.Merging.Heads().Count > 0)
            throw new VersionExit(VersionVerb.Fatal, "index_unmerged", "A merge is under way; it is committed as a whole.");
        await ThrowIfUnmergedAsync(session, ct);
        var partial = new PartialCommit(session.Repository, session.Work, paths);
        if (await partial.UnmatchedAsync(ct) is { } unmatched)
            throw new VersionExit(VersionVerb.Negative, "path_unmatched", $"'{unmatched}' fits no tracked file.");
        try
        {
            await partial.AddAsync(held, ct);
            return await CommitAsync(session, await partial.WriteTreeAsync(ct), ct);
        }
        catch
        {
            await partial.UndoAsync();
            throw;
        }
    }

    private static async Task<int> CommitAsync(VersionSession session, Digest? tree, CancellationToken ct)
    {
        var parsed = session.Parsed;
        await ThrowIfUnmergedAsync(session, ct);
        var last = parsed.GetValue(Amend) && (await session.Repository.Refs.HeadAsync(ct)).Commit is { } head ? await session.Repository.Objects.ReadCommitAsync(head, ct) : null;
        var author = WhoMade(session, last);
        var committer = session.Committer();
        var message = await MessageAsync(session, last, ct);
        using var key = KeyVerb.LoadIf(session, parsed.GetValue(Sign), parsed.GetValue(Key));
        Func<Commit, CancellationToken, ValueTask<Commit>>? signer = key is null ? null : tree is null ? RepositorySigning.SignerOf(session.Repository, key)
            : async (commit, token) => await SignedObjects.SignAsync(session.Repository.Objects, commit, key, token);
        try
        {
            var made = await CommitWriter.CommitAsync(session.Repository, new(message, author, committer) { Amend = parsed.GetValue(Amend), AllowEmpty = parsed.GetValue(Empty), Tree = tree, Sign = signer }, ct);
            GarbageCollection.Tidy(session.Repository, ct);
            Show(session, made);
            return 0;
        }
        catch (TemperException error) when (error.Code == "nothing_to_commit")
        {
            if (!session.Json && !session.Quiet)
                StatusText.Show(session, await session.Work.StatusAsync(UntrackedFiles.Normal, false, null, ct));
            throw new VersionExit(VersionVerb.Negative, session.Json ? error : null);
        }
        catch (TemperException error) when (error.Code == "message_missing")
        {
            throw new VersionExit(VersionVerb.Negative, error);
        }
    }

    private static Signature WhoMade(VersionSession session, Commit? last)
    {
        var date = session.Parsed.GetValue(Date);
        if (session.Parsed.GetValue(Author) is { } given)
        {
            if (given.LastIndexOf('<') is not (> 0 and var open) || !given.EndsWith('>'))
                throw new VersionExit(VersionVerb.Fatal, "usage", $"--author is written as NAME <MAIL>, not '{given}'.");
            return session.Author(date) with { Name = given[..open].Trim(), Mail = given[(open + 1)..^1].Trim() };
        }
        if (last is null)
            return session.Author(date);
        if (date is null)
            return last.Author;
        var (ms, offset) = GitDate.Parse(date, TimeZoneInfo.Local);
        return last.Author with { AtMs = ms, OffsetMinutes = offset };
    }

    private static async Task<string> MessageAsync(VersionSession session, Commit? last, CancellationToken ct)
    {
        var parsed = session.Parsed;
        var text = parsed.GetValue(Message) is { Length: > 0 } given ? string.Join("\n\n", given)
            : parsed.GetValue(MessageFile) is { } file ? await VersionText.ReadAsync(session, file, ct)
            : session.Repository.Merging.Heads().Count > 0 ? session.Repository.Merging.Message()
            : last is not null ? last.Message
            : session.Repository.Merging.Squashed() is { } squashed ? squashed
            : null;
        return text is null
            ? throw new VersionExit(VersionVerb.Negative, "message_missing", "The commit has no message.", "Give one with -m TEXT or -F FILE.")
            : CommitWriter.Clean(text);
    }

    private static async Task ThrowIfUnmergedAsync(VersionSession session, CancellationToken ct)
    {
        var open = (await session.Work.ConflictsAsync(ct)).ToList();
        if (open.Count > 0)
            throw new TemperException([.. open.Select(path => new Problem("index_unmerged", $"'{path}' is in conflict; nothing can be committed before that is resolved.") { File = path })]);
    }

    private static void Show(VersionSession session, CommitOutcome made)
    {
        if (session.Json)
            session.Document(new { commit = made.Id, tree = made.Commit.Tree, branch = made.Head.ShortBranch, parents = made.Commit.Parents });
        else if (!session.Quiet)
            session.Out.WriteLine($"[{made.Head.ShortBranch ?? "no branch"}{(made.Commit.Parents.Count == 0 ? " (root)" : "")} {made.Id.Short}] {Output.Style.Clean(CommitWriter.Subject(made.Commit.Message))}");
    }
}
