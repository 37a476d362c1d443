using System.Globalization;
using Temper.Core.Ids;
using Temper.Versioning.History;
using Temper.Versioning.Objects;
using Temper.Versioning.Paths;
using Temper.Versioning.Repositories;
using Temper.Versioning.Sync;
using Temper.Versioning.WorkTrees;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>A status in git's second form for programs (<c>--porcelain=v2</c>): modes and ids of every side.</summary>
internal sealed class StatusLines(VersionSession session, bool zero)
{
    private const string NoMode = "000000";
    private static readonly string NoId = new('0', 64);

    private readonly Repository _repository = session.Repository;
    private readonly bool _beyondAscii = session.Repository.Config.GetBool("core.quotepath", true);

    public async Task ShowAsync(WorkTreeStatus status, bool withBranch, CancellationToken ct)
    {
        if (withBranch)
            await ShowBranchAsync(status.Head, ct);
        foreach (var path in status.Tracked.Where(p => !p.IsUnmerged))
            await ShowChangedAsync(status.Head, path, ct);
        foreach (var path in status.Tracked.Where(p => p.IsUnmerged))
            await ShowUnmergedAsync(path, ct);
        foreach (var path in status.Untracked)
            Line($"? {Name(path.Path)}");
        foreach (var path in status.Ignored)
            Line($"! {Name(path.Path)}");
    }

    private async Task ShowBranchAsync(Head head, CancellationToken ct)
    {
        Line($"# branch.oid {head.Commit?.Hex ?? "(initial)"}");
        Line($"# branch.head {head.ShortBranch ?? "(detached)"}");
        var settings = new RemoteSettings(_repository);
        if (head.ShortBranch is not { } branch || settings.Upstream(branch) is not var (remote, followed)
            || settings.FetchSpecs(remote).Select(s => s.Map(followed)).FirstOrDefault(t => t is { Length: > 0 }) is not { } tracked)
            return;
        Line($"# branch.upstream {RefName.Short(tracked)}");
        if (head.Commit is { } ours && await _repository.Refs.FindAsync(tracked, ct) is { } theirs)
        {
            var (ahead, behind) = (await CountAsync(ours, theirs, ct), await CountAsync(theirs, ours, ct));
            Line(string.Create(CultureInfo.InvariantCulture, $"# branch.ab +{ahead} -{behind}"));
        }
    }

    private async Task<int> CountAsync(Digest include, Digest exclude, CancellationToken ct) =>
        await CommitWalk.RunAsync(new(_repository.Objects), new() { Include = [include], Exclude = [exclude] }, ct).CountAsync(ct);

    private async Task ShowChangedAsync(Head head, PathStatus path, CancellationToken ct)
    {
        var item = (await _repository.Index.FindAsync(SafePath.Parse(path.Path), ct)).FirstOrDefault(e => e.Stage == 0);
        var index = (Mode: Mode(item?.Mode), Id: item?.Id.Hex ?? NoId);
        var old = path.Staged == ' ' ? index : await InHeadAsync(head, path.Path, ct);
        var work = path.Unstaged == ' ' ? index.Mode : WorkMode(path.Path, item?.Mode);
        Line($"1 {Letters(path)} N... {old.Mode} {index.Mode} {work} {old.Id} {index.Id} {Name(path.Path)}");
    }

    private async Task ShowUnmergedAsync(PathStatus path, CancellationToken ct)
    {
        var sides = (await _repository.Index.FindAsync(SafePath.Parse(path.Path), ct)).ToDictionary(e => e.Stage);
        var modes = string.Join(' ', Enumerable.Range(1, 3).Select(n => Mode(sides.GetValueOrDefault(n)?.Mode)));
        var ids = string.Join(' ', Enumerable.Range(1, 3).Select(n => sides.GetValueOrDefault(n)?.Id.Hex ?? NoId));
        Line($"u {Letters(path)} N... {modes} {WorkMode(path.Path, sides.GetValueOrDefault(2)?.Mode)} {ids} {Name(path.Path)}");
    }

    private async Task<(string Mode, string Id)> InHeadAsync(Head head, string path, CancellationToken ct)
    {
        var parts = path.Split('/');
        var tree = await MergeEnd.TreeAsync(_repository, head.Commit, ct);
        for (var depth = 0; tree is { } id; depth++)
        {
            var entry = (await _repository.Objects.ReadTreeAsync(id, ct)).FirstOrDefault(e => e.Name == parts[depth]);
            if (depth == parts.Length - 1)
                return entry is null or { Mode: EntryMode.Folder } ? (NoMode, NoId) : (Mode(entry.Mode), entry.Id.Hex);
            tree = entry is { Mode: EntryMode.Folder } ? entry.Id : null;
        }
        return (NoMode, NoId);
    }

    private string WorkMode(string path, EntryMode? known)
    {
        var file = new FileInfo(Path.Combine(_repository.WorkFolder, path));
        if (file.LinkTarget is not null)
            return Mode(EntryMode.Link);
        if (!file.Exists)
            return NoMode;
        return OperatingSystem.IsWindows() || !_repository.Config.GetBool("core.filemode", true) ? Mode(known ?? EntryMode.File)
            : Mode((file.UnixFileMode & UnixFileMode.UserExecute) != 0 ? EntryMode.Executable : EntryMode.File);
    }

    private static string Letters(PathStatus path) => $"{path.Staged}{path.Unstaged}".Replace(' ', '.');

    private static string Mode(EntryMode? mode) => mode is { } known ? Convert.ToString((int)known, 8).PadLeft(6, '0') : NoMode;

    // Nothing stands behind a name, so that blanks in it need no quotes.
    private string Name(string path) => zero ? path : VersionPaths.Quoted(path, false, _beyondAscii);

    private void Line(string text) => session.Out.Write(text + (zero ? '\0' : '\n'));
}
