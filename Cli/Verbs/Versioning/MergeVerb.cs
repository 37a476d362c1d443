using System.CommandLine;
using System.CommandLine.Invocation;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.History;
using Temper.Versioning.Merging;
using Temper.Versioning.Metadata;

namespace Temper.Cli.Verbs.Versioning;

internal static class MergeVerb
{
    private static readonly Argument<string[]> Names = new("name") { Description = "A branch or commit; or a model with an adapter, and the folder that is made", Arity = new ArgumentArity(0, 2), HelpName = "COMMIT" };
    private static readonly Option<bool> NoForward = new("--no-ff") { Description = "Make a commit even where the branch could simply move forward" };
    private static readonly Option<bool> OnlyForward = new("--ff-only") { Description = "Only move the branch forward, or refuse with exit 128" };
    private static readonly Option<bool> Forward = new("--ff") { Description = "Move the branch forward where that is possible (this is the default)" };
    private static readonly Option<bool> Squash = new("--squash") { Description = "Bring files and index to the result; no commit, no second parent" };
    private static readonly Option<bool> NoCommit = new("--no-commit") { Description = "Stop before the commit" };
    private static readonly Option<bool> Abort = new("--abort") { Description = "Give up the merge that is under way" };
    private static readonly Option<bool> Continue = new("--continue") { Description = "Commit the merge that is under way" };
    private static readonly Option<string[]> Message = new("--message", "-m") { Description = "The message; given again, the next paragraph", HelpName = "TEXT" };
    private static readonly Option<string[]> Favor = new("--strategy-option", "-X") { Description = "ours or theirs: whose lines stand instead of a conflict", HelpName = "SIDE" };
    private static readonly Option<bool> Tensors = new("--tensors") { Description = "Merge .safetensors files tensor by tensor where the sides changed different ones" };
    private static readonly Option<bool> Unrelated = new("--allow-unrelated-histories") { Description = "Even when the histories have no commit in common" };
    private static readonly Option<bool> NoEdit = new("--no-edit") { Description = "With the message that is made (this is the default)" };
    private static readonly Option<bool> NoStat = new("--no-stat") { Description = "Without a list of changed files" };

    private static readonly Option[] Options = [NoForward, OnlyForward, Forward, Squash, NoCommit, Abort, Continue, Message, Favor, Tensors, Unrelated, NoEdit, NoStat];

    public static Command Build()
    {
        var command = VersionVerb.Make("merge", """
            Merge a branch into the one that is checked out. With a model and a folder: add an adapter to its base for good, and write
            the model in Hugging Face layout; sums are made in f32 and rounded once, the files are read back and must answer as base and adapter do.
            Exits with 1 when files are in conflict: edit them, `temper add` them, `temper merge --continue`.

            Examples:
              temper merge topic
              temper merge --no-ff -m "Take the cleaned set" topic
              temper merge --abort
              temper merge support-bot ./support-bot-merged
              temper merge ./base --adapter ./adapter ./merged --dtype BF16
            """, [Names, .. Options, .. AdapterMerge.Options]).Does(RunAsync);
        var ofCommits = (AsynchronousCommandLineAction)command.Action!;
        command.SetAction((parsed, ct) => OutputOf(parsed) is var (model, output) ? AdapterMerge.RunAsync(parsed, model, output, ct) : ofCommits.InvokeAsync(parsed, ct));
        return command;
    }

    private static (string Model, string Output)? OutputOf(ParseResult parsed)
    {
        if (Array.Exists(Options, o => parsed.GetResult(o) is { Implicit: false }))
            return null;
        if (parsed.GetValue(Names) is [var model, var output])
            return (model, output);
        return AdapterMerge.IsMeant(parsed) ? throw new TemperException("usage", "A model and the folder that is made are missing.", "temper merge MODEL [--adapter DIR] OUT") : null;
    }

    private static async Task<int> RunAsync(VersionSession session, CancellationToken ct)
    {
        var parsed = session.Parsed;
        using var held = await session.Repository.LockAsync(ct);
        if (parsed.GetValue(Abort))
            return await MergeEnd.AbortAsync(session, held, ct);
        if (parsed.GetValue(Continue))
            return await MergeEnd.ContinueAsync(session, parsed.GetValue(Message) ?? [], ct);
        var names = parsed.GetValue(Names) ?? [];
        if (names.Length > 1)
            throw new VersionExit(VersionVerb.Fatal, "usage", "One commit is merged at a time.");
        var name = names is [var given] ? given : "@{upstream}";
        // Before the name is looked at, as in git.
        if (parsed.GetValue(NoForward) && (await session.Repository.Refs.HeadAsync(ct)).Commit is null)
            throw new VersionExit(VersionVerb.Fatal, "usage", "A branch without commits can only move forward; --no-ff makes no sense here.");
        var setting = session.Repository.Config.Get("merge.ff");
        var request = new MergeRequest(name, await TheirsAsync(session, name, ct))
        {
            MayForward = !parsed.GetValue(NoForward) && (setting != "false" || parsed.GetValue(Forward)),
            MustForward = parsed.GetValue(OnlyForward) || (setting == "only" && !parsed.GetValue(NoForward) && !parsed.GetValue(Forward)),
            IsSquashed = parsed.GetValue(Squash),
            IsCommitted = !parsed.GetValue(NoCommit) && !parsed.GetValue(Squash),
            MayBeUnrelated = parsed.GetValue(Unrelated),
            Message = parsed.GetValue(Message) is { Length: > 0 } lines ? string.Join("\n\n", lines) : null,
            ShowsFiles = !parsed.GetValue(NoStat),
            Options = new() { TheirsLabel = name, Favor = FavorOf(parsed.GetValue(Favor) ?? []), Tensors = parsed.GetValue(Tensors) ? ContentMerges.Tensors((path, conflict) => session.Note($"{path}: {conflict.Name}: {conflict.Reason}")) : null, Metadata = ContentMerges.Metadata(MergeRules.From(session.Repository.Config.All)) },
        };
        return await new MergeRun(session, request, held).RunAsync(ct);
    }

    private static async Task<Digest> TheirsAsync(VersionSession session, string name, CancellationToken ct)
    {
        try
        {
            return await Revisions.CommitAsync(session.Repository, name, ct);
        }
        catch (TemperException error) when (error.Code is "revision_unknown" or "revision_not_that" or "reflog_too_short" or "path_invalid")
        {
            // A merge that is not finished is said before a name that means nothing, as in git.
            var open = session.Repository.Merging.Heads().Count > 0 || (await session.Work.ConflictsAsync(ct)).Count > 0;
            throw open ? new VersionExit(VersionVerb.Fatal, "merge_under_way", "The merge before this one is not finished.") : new VersionExit(VersionVerb.Negative, error);
        }
    }

    private static MergeFavor FavorOf(string[] sides) => sides switch
    {
        [] => MergeFavor.None,
        [.., "ours"] => MergeFavor.Ours,
        [.., "theirs"] => MergeFavor.Theirs,
        _ => throw new VersionExit(VersionVerb.Fatal, "usage", $"-X takes ours or theirs, not '{sides[^1]}'."),
    };
}
