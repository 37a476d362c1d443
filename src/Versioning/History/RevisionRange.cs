using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.History;

/// <summary>A commit that a range names.</summary>
/// <param name="Id">The commit.</param>
/// <param name="IsExcluded">Whether it and all it follows are left out.</param>
/// <param name="Text">How it was written.</param>
public sealed record RangeEnd(Digest Id, bool IsExcluded, string Text);

/// <summary>Which commits a command is about: <c>A</c>, <c>^A</c>, <c>A..B</c>, <c>A...B</c>, <c>A^@</c>, <c>A^!</c>.</summary>
public sealed class RevisionRange
{
    private readonly List<RangeEnd> _ends = [];

    /// <summary>All ends, in the order in which they were written.</summary>
    public IReadOnlyList<RangeEnd> Ends => _ends;

    /// <summary>Where to begin.</summary>
    public IReadOnlyList<Digest> Include => [.. _ends.Where(e => !e.IsExcluded).Select(e => e.Id)];

    /// <summary>What to leave out with all it follows.</summary>
    public IReadOnlyList<Digest> Exclude => [.. _ends.Where(e => e.IsExcluded).Select(e => e.Id)];

    /// <summary>The left side of the last <c>A...B</c>; null without one.</summary>
    public Digest? Left { get; private set; }

    /// <summary>Adds a commit.</summary>
    public void Add(Digest commit, string text, bool isExcluded = false) => _ends.Add(new(commit, isExcluded, text));

    /// <summary>Adds what a text names.</summary>
    /// <exception cref="TemperException">As <see cref="Revisions.ResolveAsync"/>.</exception>
    public async Task AddAsync(Repository repository, string text, bool isNegated, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.IndexOf("...", StringComparison.Ordinal) is >= 0 and var three)
            await SymmetricAsync(repository, text[..three], text[(three + 3)..], isNegated, ct);
        else if (text.IndexOf("..", StringComparison.Ordinal) is >= 0 and var two)
        {
            await OneAsync(repository, OrHead(text[..two]), !isNegated, ct);
            await OneAsync(repository, OrHead(text[(two + 2)..]), isNegated, ct);
        }
        else if (text.EndsWith("^@", StringComparison.Ordinal))
            await ParentsAsync(repository, text[..^2], isNegated, ct);
        else if (text.EndsWith("^!", StringComparison.Ordinal))
        {
            await OneAsync(repository, text[..^2], isNegated, ct);
            await ParentsAsync(repository, text[..^2], !isNegated, ct);
        }
        else if (text.StartsWith('^'))
            await OneAsync(repository, text[1..], !isNegated, ct);
        else
            await OneAsync(repository, text, isNegated, ct);
    }

    /// <summary>Adds all references that begin so, as far as they lead to commits.</summary>
    public async Task AddReferencesAsync(Repository repository, string prefix, bool isNegated, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(repository);
        foreach (var (name, target) in await repository.Refs.ListAsync(prefix, ct))
        {
            var at = target;
            while (await repository.Objects.FindKindAsync(at, ct) == ObjectKind.Tag)
                at = (await repository.Objects.ReadTagAsync(at, ct)).Target;
            if (await repository.Objects.FindKindAsync(at, ct) == ObjectKind.Commit)
                Add(at, name, isNegated);
        }
    }

    private static string OrHead(string text) => text.Length == 0 ? "HEAD" : text;

    private async Task OneAsync(Repository repository, string text, bool isExcluded, CancellationToken ct) =>
        Add(await Revisions.CommitAsync(repository, text, ct), text, isExcluded);

    private async Task ParentsAsync(Repository repository, string text, bool isExcluded, CancellationToken ct)
    {
        var commit = await Revisions.CommitAsync(repository, text, ct);
        foreach (var parent in (await repository.Objects.ReadCommitAsync(commit, ct)).Parents)
            Add(parent, text, isExcluded);
    }

    private async Task SymmetricAsync(Repository repository, string left, string right, bool isNegated, CancellationToken ct)
    {
        var (a, b) = (await Revisions.CommitAsync(repository, OrHead(left), ct), await Revisions.CommitAsync(repository, OrHead(right), ct));
        Left = a;
        foreach (var common in await MergeBases.FindAsync(new(repository.Objects), a, b, ct))
            Add(common, $"{left}...{right}", !isNegated);
        Add(a, OrHead(left), isNegated);
        Add(b, OrHead(right), isNegated);
    }
}
