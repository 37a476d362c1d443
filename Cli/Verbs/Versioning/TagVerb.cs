using System.CommandLine;
using Temper.Core.Ids;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;
using Temper.Versioning.Signing;

namespace Temper.Cli.Verbs.Versioning;

internal static class TagVerb
{
    private static readonly Argument<string[]> Names = new("name") { Description = "A tag and what it names; with -l patterns", Arity = ArgumentArity.ZeroOrMore, HelpName = "NAME" };
    private static readonly Option<bool> Annotate = new("--annotate", "-a") { Description = "With author, date and message" };
    private static readonly Option<string[]> Message = new("--message", "-m") { Description = "The message; given again, the next paragraph", HelpName = "TEXT" };
    private static readonly Option<string?> MessageFile = new("--file", "-F") { Description = "A file with the message, - for stdin", HelpName = "FILE" };
    private static readonly Option<bool> Delete = new("--delete", "-d") { Description = "Delete tags" };
    private static readonly Option<bool> Force = new("--force", "-f") { Description = "Replace a tag that exists" };
    private static readonly Option<bool> List = new("--list", "-l") { Description = "List tags, only those that patterns fit" };
    private static readonly Option<int?> Lines = new("-n") { Description = "List with so many lines of the message", Arity = ArgumentArity.ZeroOrOne, HelpName = "N" };
    private static readonly Option<string?> Form = new("--format") { Description = "A line for each, such as %(refname:short) %(objectname)", HelpName = "FORMAT" };
    private static readonly Option<string?> Contains = new("--contains") { Description = "Only tags that have the commit", HelpName = "COMMIT" };
    private static readonly Option<string?> PointsAt = new("--points-at") { Description = "Only tags of the object", HelpName = "OBJECT" };

    private static readonly Option<bool> Sign = new("--sign", "-s") { Description = "Sign it with the key of user.signingKey" };
    private static readonly Option<string?> Key = new("--key") { Description = "Sign it with this key", HelpName = "FILE" };

    public static Command Build() => VersionVerb.Make("tag", """
        Name a commit for good: list, make and delete tags.

        Examples:
          temper tag v1
          temper tag -a v1 -m "First version" HEAD~1
          temper tag -s v1 -m "Signed"
          temper tag -l "v*"
        """, Names, Annotate, Message, MessageFile, Delete, Force, List, Lines, Form, Contains, PointsAt, Sign, Key).Does(RunAsync);

    private static async Task<int> RunAsync(VersionSession session, CancellationToken ct)
    {
        var parsed = session.Parsed;
        var names = parsed.GetValue(Names) ?? [];
        var lists = parsed.GetValue(List) || parsed.GetResult(Lines) is not null || parsed.GetValue(Contains) is not null || parsed.GetValue(PointsAt) is not null;
        if (!parsed.GetValue(Delete) && (names.Length == 0 || lists))
            return await ListAsync(session, names, ct);
        using var held = await session.Repository.LockAsync(ct);
        return parsed.GetValue(Delete) ? await DeleteAsync(session, names, ct) : await MakeAsync(session, names, ct);
    }

    private static async Task<int> ListAsync(VersionSession session, string[] patterns, CancellationToken ct)
    {
        var parsed = session.Parsed;
        var filter = await CommitFilter.OfAsync(session, parsed.GetValue(Contains), null, null, ct);
        var at = parsed.GetValue(PointsAt) is { } text ? await RevisionNames.FindAsync(session.Repository, text, ct) ?? throw RevisionNames.Unknown(text) : (Digest?)null;
        var list = new RefList(session, await session.Repository.Refs.HeadAsync(ct));
        foreach (var (name, target) in await session.Repository.Refs.ListAsync(RefName.Tags, ct))
        {
            if (patterns.Length > 0 && !patterns.Any(p => RefList.Fits(p, RefName.Short(name))))
                continue;
            var commit = await RevisionNames.FindCommitAsync(session.Repository, target.Hex, ct);
            if ((at is null || at == target || at == commit) && (parsed.GetValue(Contains) is null || commit is { } id && await filter.TakesAsync(id, ct)))
                list.Add(name, target);
        }
        await list.ShowTagsAsync(parsed.GetValue(Form), parsed.GetResult(Lines) is null ? null : parsed.GetValue(Lines) ?? 1, ct);
        return 0;
    }

    private static async Task<int> DeleteAsync(VersionSession session, string[] names, CancellationToken ct)
    {
        var result = 0;
        foreach (var name in names)
        {
            if (await session.Repository.Refs.FindAsync(RefName.Tags + name, ct) is { } at)
            {
                await session.Repository.Refs.UpdateAsync([new(RefName.Tags + name, at, null)], "tag: deleted", session.Mover(), ct);
                session.Out.WriteLine($"Deleted tag {name} (was {at.Short})");
                continue;
            }
            session.Error($"there is no tag '{name}'");
            result = VersionVerb.Negative;
        }
        return result;
    }

    private static async Task<int> MakeAsync(VersionSession session, string[] names, CancellationToken ct)
    {
        if (names.Length > 2)
            throw new VersionExit(VersionVerb.Fatal, "usage", "A tag names one object.");
        var full = RefName.Tag(names[0]);
        var old = await session.Repository.Refs.FindAsync(full, ct);
        if (old is not null && !session.Parsed.GetValue(Force))
            throw new VersionExit(VersionVerb.Fatal, "ref_exists", $"There is a tag '{names[0]}' already.");
        var text = names.Length > 1 ? names[1] : "HEAD";
        var target = await RevisionNames.FindAsync(session.Repository, text, ct) ?? throw RevisionNames.Unknown(text);
        var made = await AnnotateAsync(session, names[0], target, ct);
        await session.Repository.Refs.UpdateAsync([new(full, old, made)], $"tag: {names[0]}", session.Mover(), ct);
        return 0;
    }

    /// <summary>An annotated tag where a message or -a asks for one, else the object itself.</summary>
    private static async Task<Digest> AnnotateAsync(VersionSession session, string name, Digest target, CancellationToken ct)
    {
        var parsed = session.Parsed;
        var text = parsed.GetValue(Message) is { Length: > 0 } given ? string.Join("\n\n", given) : parsed.GetValue(MessageFile) is { } file ? await VersionText.ReadAsync(session, file, ct) : null;
        if (text is null)
            return parsed.GetValue(Annotate) || parsed.GetValue(Sign) || parsed.GetValue(Key) is not null ? throw new VersionExit(VersionVerb.Fatal, "message_missing", "The tag has no message.", "Give one with -m TEXT or -F FILE.") : target;
        var kind = await session.Repository.Objects.FindKindAsync(target, ct) ?? throw RevisionNames.Unknown(target.Hex);
        await using var batch = session.Repository.Objects.BeginBatch();
        var tag = new Tag(target, kind, name, session.Committer(), CommitWriter.Clean(text));
        using var key = KeyVerb.LoadIf(session, parsed.GetValue(Sign), parsed.GetValue(Key));
        if (key is not null)
            tag = await SignedObjects.SignAsync(session.Repository.Objects, tag, key, ct);
        var id = batch.AddTag(tag);
        await batch.StoreAsync(ct);
        return id;
    }
}
