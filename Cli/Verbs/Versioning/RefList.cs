using System.Text.RegularExpressions;
using Temper.Core.Ids;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>Branches or tags as lines: git's, or those of a format with <c>%(refname)</c>, <c>%(objectname)</c> and others in it.</summary>
internal sealed partial class RefList(VersionSession session, Head head)
{
    private readonly List<(string Name, Digest Target)> _refs = [];
    private Digest? _detached;

    public void Add(string name, Digest target) => _refs.Add((name, target));

    public void AddDetached(Digest commit) => _detached = commit;

    /// <summary>Whether a name fits a pattern of the command line, whose stars also span slashes.</summary>
    public static bool Fits(string pattern, string name) =>
        Regex.IsMatch(name, "^" + Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal).Replace("\\?", ".", StringComparison.Ordinal) + "$", RegexOptions.CultureInvariant | RegexOptions.Singleline | RegexOptions.NonBacktracking);

    public async Task ShowBranchesAsync(string? format, bool verbose, bool all, CancellationToken ct)
    {
        if (session.Json)
        {
            session.Document(_refs.Select(r => new { name = RefName.Short(r.Name), reference = r.Name, commit = r.Target, current = r.Name == head.Branch }));
            return;
        }
        if (_detached is { } commit)
            session.Out.WriteLine(format is null ? $"* (HEAD detached at {commit.Short}){(verbose ? $" {commit.Short} {await SubjectAsync(commit, ct)}" : "")}" : await LineAsync(format, $"(HEAD detached at {commit.Short})", commit, ct));
        var width = _refs.Select(r => Shown(r.Name, all).Length).DefaultIfEmpty().Max();
        foreach (var (name, target) in _refs)
        {
            var shown = Shown(name, all);
            session.Out.WriteLine(format is not null ? await LineAsync(format, name, target, ct)
                : $"{(name == head.Branch ? '*' : ' ')} {(verbose ? $"{shown.PadRight(width)} {target.Short} {await SubjectAsync(target, ct)}" : shown)}");
        }
    }

    public async Task ShowTagsAsync(string? format, int? lines, CancellationToken ct)
    {
        if (session.Json)
        {
            session.Document(_refs.Select(r => new { name = RefName.Short(r.Name), target = r.Target }));
            return;
        }
        foreach (var (name, target) in _refs)
            session.Out.WriteLine(format is not null ? await LineAsync(format, name, target, ct) : lines is { } count ? await WithLinesAsync(RefName.Short(name), target, count, ct) : RefName.Short(name));
    }

    private static string Shown(string name, bool all) => all && name.StartsWith(RefName.Remotes, StringComparison.Ordinal) ? name["refs/".Length..] : RefName.Short(name);

    private async Task<string> WithLinesAsync(string name, Digest target, int count, CancellationToken ct)
    {
        var lines = (await MessageAsync(target, ct)).TrimEnd('\n').Split('\n').Take(Math.Max(1, count)).Where((line, i) => i == 0 || line.Length > 0).ToList();
        return $"{name.PadRight(15)} {string.Join("\n    ", lines)}";
    }

    private async Task<string> LineAsync(string format, string name, Digest target, CancellationToken ct)
    {
        var kind = await session.Repository.Objects.FindKindAsync(target, ct);
        var subject = format.Contains("subject", StringComparison.Ordinal) ? CommitWriter.Subject(await MessageAsync(target, ct)) : "";
        var peeled = kind == ObjectKind.Tag ? (await session.Repository.Objects.ReadTagAsync(target, ct)).Target : (Digest?)null;
        return Field().Replace(format.Replace("%%", "%", StringComparison.Ordinal), match => match.Groups[1].Value switch
        {
            "refname" => name,
            "refname:short" => RefName.Short(name),
            "objectname" => target.Hex,
            "objectname:short" => target.Short,
            "objecttype" => kind is { } known ? ObjectIds.Word(known) : "",
            "*objectname" => peeled?.Hex ?? "",
            "HEAD" => name == head.Branch ? "*" : " ",
            "subject" or "contents:subject" => subject,
            var other => throw new VersionExit(VersionVerb.Fatal, "usage", $"%({other}) is no field of a reference.", "Known are refname, refname:short, objectname, objectname:short, objecttype, *objectname, HEAD, subject."),
        });
    }

    private async Task<string> SubjectAsync(Digest target, CancellationToken ct) => Output.Style.Clean(CommitWriter.Subject(await MessageAsync(target, ct)));

    private async Task<string> MessageAsync(Digest target, CancellationToken ct) => await session.Repository.Objects.FindKindAsync(target, ct) switch
    {
        ObjectKind.Commit => (await session.Repository.Objects.ReadCommitAsync(target, ct)).Message,
        ObjectKind.Tag => (await session.Repository.Objects.ReadTagAsync(target, ct)).Message,
        _ => "",
    };

    [GeneratedRegex(@"%\(([^)]*)\)", RegexOptions.CultureInvariant)]
    private static partial Regex Field();
}
