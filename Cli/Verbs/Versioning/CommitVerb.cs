using System.CommandLine;
using Temper.Core.Errors;
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

    public static Command Build() => VersionVerb.Make("commit", """
        Make a commit of what the index holds.
        Exits with 1 when nothing changed since the last one.

        Examples:
          temper commit -m "Train on the cleaned set"
          temper commit -am "Fix the card"
          temper commit --amend --no-edit
        """, Message, MessageFile, All, Amend, Empty, NoEdit, Author, Date, Sign, Key).Does(RunAsync);

    private static async Task<int> RunAsync(VersionSession session, CancellationToken ct)
    {
        var parsed = session.Parsed;
        using var held = await session.Repository.LockAsync(ct);
        var added = parsed.GetValue(All) ? await session.Work.AddAsync(new() { TrackedOnly = true, Undoable = true }, held, ct) : null;
        try
        {
            return await CommitAsync(session, ct);
        }
        catch when (added is { Added.Count: > 0 } or { Removed.Count: > 0 })
        {
            await session.Work.UndoAsync(added, CancellationToken.None);
            throw;
        }
    }

    private static async Task<int> CommitAsync(VersionSession session, CancellationToken ct)
    {
        var parsed = session.Parsed;
        await ThrowIfUnmergedAsync(session, ct);
        var last = parsed.GetValue(Amend) && (await session.Repository.Refs.HeadAsync(ct)).Commit is { } head ? await session.Repository.Objects.ReadCommitAsync(head, ct) : null;
        var author = WhoMade(session, last);
        var committer = session.Committer();
        var message = await MessageAsync(session, last, ct);
        using var key = KeyVerb.LoadIf(session, parsed.GetValue(Sign), parsed.GetValue(Key));
        var signer = key is null ? null : RepositorySigning.SignerOf(session.Repository, key);
        try
        {
            var made = await CommitWriter.CommitAsync(session.Repository, new(message, author, committer) { Amend = parsed.GetValue(Amend), AllowEmpty = parsed.GetValue(Empty), Sign = signer }, ct);
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
