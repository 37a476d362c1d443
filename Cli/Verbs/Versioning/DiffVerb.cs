using System.CommandLine;
using Temper.Core.Ids;
using Temper.Versioning.Diffing;
using Temper.Versioning.History;
using Temper.Versioning.Objects;

namespace Temper.Cli.Verbs.Versioning;

internal static class DiffVerb
{
    private static readonly DiffArguments Shown = new();
    private static readonly Argument<string[]> Names = new("revision") { Description = "One or two revisions, or A..B, A...B; then paths", Arity = ArgumentArity.ZeroOrMore, HelpName = "REVISION|PATH" };
    private static readonly Option<bool> Cached = new("--cached", "--staged") { Description = "From a commit [default: HEAD] to the index" };
    private static readonly Option<bool> ExitCode = new("--exit-code") { Description = "Exit with 1 when there are differences" };
    private static readonly Option<bool> MergeBase = new("--merge-base") { Description = "From where the histories met" };

    private static readonly Option<bool> Tensors = new("--tensors") { Description = "Which tensors of .safetensors files differ, and by how much" };

    public static Command Build() => VersionVerb.Make("diff", """
        Show what differs: between index and files, a commit and files, a commit and the index (--cached), or two commits.
        --quiet shows nothing and exits with 1 when there are differences.

        Examples:
          temper diff
          temper diff --cached --stat
          temper diff --name-status main...topic -- models
          temper diff --tensors HEAD~1 HEAD
        """, [Names, Cached, ExitCode, MergeBase, Tensors, .. Shown.Symbols]).Does(RunAsync);

    private static async Task<int> RunAsync(VersionSession session, CancellationToken ct)
    {
        var parsed = session.Parsed;
        var found = await FindAsync(session, await DiffSides.ReadAsync(session, parsed.GetValue(Names) ?? [], ct), ct);
        if (parsed.GetValue(Tensors))
            found = await TensorsAsync(session, found, ct);
        else if (session.Json)
            session.Document(await DiffArguments.ViewAsync(found, ct));
        else if (!session.Quiet && !Shown.IsNone(parsed))
            await Shown.ShowAsync(session, found, ct);
        return found.Count > 0 && (session.Quiet || parsed.GetValue(ExitCode)) ? VersionVerb.Negative : 0;
    }

    /// <summary>Shows which tensors differ; the files that do.</summary>
    private static async Task<List<FileDifference>> TensorsAsync(VersionSession session, IReadOnlyList<FileDifference> differences, CancellationToken ct)
    {
        var found = new List<FileDifference>();
        foreach (var difference in differences.Where(d => !d.IsUnmerged && d.Path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase)))
        {
            var store = await WorkTensors.StoreOfAsync(session, difference, ct);
            if (await TensorView.DiffAsync(session, store, difference.Path, difference.Old?.Id, difference.New?.Id, ct))
                found.Add(difference);
        }
        return found;
    }

    private static async Task<IReadOnlyList<FileDifference>> FindAsync(VersionSession session, DiffSides sides, CancellationToken ct)
    {
        var (repository, paths, cached) = (session.Repository, sides.Filter, session.Parsed.GetValue(Cached));
        if (sides.Files is var (one, other))
            return one.Id == other.Id && one.Mode == other.Mode ? [] : [new(sides.Name, FileVersion.Of(repository.Objects, one), FileVersion.Of(repository.Objects, other))];
        var trees = session.Parsed.GetValue(MergeBase) ? await sides.FromMergeBaseAsync(repository, ct) : sides.Trees;
        if (trees.Count > 2 || (cached && trees.Count > 1))
            throw new VersionExit(129, "usage", "diff compares two sides.");
        if (trees.Count == 2)
            return await TreeDiff.CompareAsync(repository.Objects, trees[0], trees[1], paths, ct).Select(c => FileDifference.Of(repository.Objects, c)).ToListAsync(ct);
        _ = session.Work;
        var diff = new WorkTreeDiff(repository);
        if (!cached)
            return trees is [var tree] ? await diff.TreeToFilesAsync(tree, paths, ct) : await diff.IndexToFilesAsync(paths, ct);
        var head = (await repository.Refs.HeadAsync(ct)).Commit is { } commit ? (await repository.Objects.ReadCommitAsync(commit, ct)).Tree : (Digest?)null;
        return await diff.TreeToIndexAsync(trees is [var from] ? from : head, paths, ct);
    }
}
