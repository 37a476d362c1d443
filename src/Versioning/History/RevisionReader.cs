using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Objects;
using Temper.Versioning.Paths;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.History;

/// <summary>Finds what one revision names.</summary>
internal sealed class RevisionReader(Repository repository, string text)
{
    private const int LeastDigits = 4, MostCandidates = 100;

    public async Task<TreeEntry> ReadAsync(bool isCommitWanted, CancellationToken ct)
    {
        if (text.StartsWith(":/", StringComparison.Ordinal))
            return Object(await new MessageSearch(repository).AnywhereAsync(text[2..], ct) ?? throw RevisionText.Unknown(text));
        if (text.StartsWith(':'))
            return await OfIndexAsync(text[1..], ct);
        var parsed = RevisionText.Parse(text);
        var isCommit = isCommitWanted || parsed.Steps.Any(s => s.Sign is '^' or '~' || (s.Sign == '{' && s.Text is "commit" or "tree"));
        var found = Object(await NameAsync(parsed.Name, isCommit, ct));
        foreach (var step in parsed.Steps)
            found = await StepAsync(found, step, ct);
        return found;
    }

    private static TreeEntry Object(Digest id) => new(EntryMode.File, "", id, 0);

    private async Task<TreeEntry> StepAsync(TreeEntry from, RevisionStep step, CancellationToken ct) => step.Sign switch
    {
        ':' => await EntryAsync(await PeelAsync(from.Id, ObjectKind.Tree, ct), step.Text, ct),
        '^' => Object(await ParentAsync(from.Id, step.Number, ct)),
        '~' => Object(await AncestorAsync(from.Id, step.Number, ct)),
        _ => await BracesAsync(from, step.Text, ct),
    };

    private async Task<Digest> ParentAsync(Digest id, int number, CancellationToken ct)
    {
        var commit = await PeelAsync(id, ObjectKind.Commit, ct);
        if (number == 0)
            return commit;
        var parents = (await repository.Objects.ReadCommitAsync(commit, ct)).Parents;
        return number <= parents.Count ? parents[number - 1] : throw RevisionText.Unknown(text);
    }

    private async Task<Digest> AncestorAsync(Digest id, int generations, CancellationToken ct)
    {
        var commit = await PeelAsync(id, ObjectKind.Commit, ct);
        for (; generations > 0; generations--)
            commit = (await repository.Objects.ReadCommitAsync(commit, ct)).Parents is [var first, ..] ? first : throw RevisionText.Unknown(text);
        return commit;
    }

    private async Task<TreeEntry> BracesAsync(TreeEntry from, string what, CancellationToken ct)
    {
        if (what.StartsWith('/'))
            return Object(await new MessageSearch(repository).FromAsync(await PeelAsync(from.Id, ObjectKind.Commit, ct), what[1..], ct) ?? throw RevisionText.Unknown(text));
        if (what.Length == 0)
        {
            var at = from.Id;
            while (await repository.Objects.FindKindAsync(at, ct) == ObjectKind.Tag)
                at = (await repository.Objects.ReadTagAsync(at, ct)).Target;
            return Object(at);
        }
        if (what == "object")
            return await repository.Objects.FindKindAsync(from.Id, ct) is null ? throw RevisionText.Unknown(text) : from;
        ObjectKind kind = what switch { "commit" => ObjectKind.Commit, "tree" => ObjectKind.Tree, "tag" => ObjectKind.Tag, "blob" => ObjectKind.Chunk, _ => throw RevisionText.Unknown(text) };
        return Object(await PeelAsync(from.Id, kind, ct));
    }

    private Task<Digest> PeelAsync(Digest id, ObjectKind kind, CancellationToken ct) => Revisions.PeelAsync(repository.Objects, id, kind, text, ct);

    private async Task<TreeEntry> EntryAsync(Digest tree, string path, CancellationToken ct)
    {
        var entry = new TreeEntry(EntryMode.Folder, "", tree, 0);
        foreach (var part in path.TrimEnd('/').Split('/', StringSplitOptions.RemoveEmptyEntries).SkipWhile(p => p == "."))
        {
            var below = entry.Mode == EntryMode.Folder ? (await repository.Objects.ReadTreeAsync(entry.Id, ct)).FirstOrDefault(e => e.Name == part) : null;
            entry = below ?? throw new TemperException("revision_unknown", $"The path '{path}' does not exist in '{text[..text.IndexOf(':', StringComparison.Ordinal)]}'.");
        }
        return entry;
    }

    private async Task<TreeEntry> OfIndexAsync(string rest, CancellationToken ct)
    {
        var stage = rest.Length > 1 && rest[0] is >= '0' and <= '3' && rest[1] == ':' ? rest[0] - '0' : 0;
        var path = SafePath.Parse(rest.Length > 1 && rest[1] == ':' && char.IsAsciiDigit(rest[0]) ? rest[2..] : rest);
        var entry = (await repository.Index.FindAsync(path, ct)).FirstOrDefault(e => e.Stage == stage);
        return entry is null
            ? throw new TemperException("revision_unknown", $"The path '{path}' is not in the index{(stage > 0 ? $" at stage {stage}" : "")}.")
            : new(entry.Mode, path.Parts[^1], entry.Id, entry.Size);
    }

    private async Task<Digest> NameAsync(string name, bool isCommitWanted, CancellationToken ct)
    {
        var braces = name.IndexOf("@{", StringComparison.Ordinal);
        if (braces >= 0 && name.EndsWith('}'))
            return await new ReflogRevision(repository, text).FindAsync(name[..braces], name[(braces + 2)..^1], ct);
        if (Digest.TryParse(name, out var id))
            return id;
        if (Special(name) is { } special)
            return special;
        if (await Revisions.FullNameAsync(repository, name, ct) is { } full)
            return await repository.Refs.FindAsync(full, ct) ?? throw RevisionText.Unknown(text);
        // What `describe` prints ends in the beginning of an id.
        var described = name.LastIndexOf("-g", StringComparison.Ordinal);
        return await ShortAsync(name, isCommitWanted, ct) ?? (described > 0 ? await ShortAsync(name[(described + 2)..], isCommitWanted: true, ct) : null) ?? throw RevisionText.Unknown(text);
    }

    private Digest? Special(string name) => name switch
    {
        "MERGE_HEAD" => repository.Merging.Heads() is [var head, ..] ? head : null,
        "ORIG_HEAD" => repository.Merging.Origin(),
        _ => null,
    };

    private async Task<Digest?> ShortAsync(string digits, bool isCommitWanted, CancellationToken ct)
    {
        if (digits.Length is < LeastDigits or > 64 || !digits.All(char.IsAsciiHexDigit))
            return null;
        var found = await repository.Objects.FindPrefixAsync(digits.ToLowerInvariant(), MostCandidates, ct);
        var fitting = isCommitWanted ? found.Where(f => f.Kind is ObjectKind.Commit or ObjectKind.Tag).ToList() : [.. found];
        if (fitting.Count == 0)
            return null;
        return fitting.Count == 1 ? fitting[0].Id : throw new TemperException("revision_ambiguous",
            $"The short id '{digits}' is ambiguous: {string.Join(", ", fitting.Take(10).Select(f => $"{f.Id.Short} ({Revisions.Word(f.Kind)})"))}{(fitting.Count > 10 ? " …" : "")}.");
    }
}
