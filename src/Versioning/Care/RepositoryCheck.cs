using System.Globalization;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Repositories;
using Temper.Versioning.Sync;

namespace Temper.Versioning.Care;

/// <summary>What a check found.</summary>
/// <param name="Problems">Damage; none when the repository is sound.</param>
/// <param name="Packs">Packs looked at.</param>
/// <param name="Objects">Objects that references lead to.</param>
/// <param name="Unreferenced">Objects in packs that nothing leads to.</param>
public sealed record CheckReport(IReadOnlyList<Problem> Problems, int Packs, long Objects, long Unreferenced);

/// <summary>
/// Whether a repository is whole: every pack, every reference, everything they lead to, the index, the log, the database. Changes nothing.
/// </summary>
public static class RepositoryCheck
{
    /// <summary>Checks a repository.</summary>
    /// <param name="repository">Read only.</param>
    /// <param name="full">Reads every object and compares it with its id; else packs are checked by their ends and indexes only.</param>
    /// <param name="looked">Told the bytes of packs looked at so far.</param>
    /// <param name="ct">Ends the check.</param>
    public static async Task<CheckReport> RunAsync(Repository repository, bool full, Action<long>? looked, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(repository);
        var problems = new List<Problem>();
        await DatabaseAsync(repository, problems, ct);
        var packed = new HashSet<Digest>();
        var packs = 0;
        long bytes = 0;
        foreach (var path in Directory.EnumerateFiles(Path.Combine(repository.Home, "objects", "packs"), "p-*.pack").Order(StringComparer.Ordinal))
        {
            ct.ThrowIfCancellationRequested();
            packs++;
            PackFiles.Check(repository.Objects, path, full, packed, problems, ct);
            looked?.Invoke(bytes += new FileInfo(path).Length);
        }
        var marking = new Marking(repository.Objects, ShallowFile.Read(repository));
        await FollowAsync(repository, marking, problems, ct);
        problems.AddRange(marking.Broken.Where(b => b.Why is not null || !repository.Objects.IsPartial).Select(Told));
        packed.ExceptWith(marking.Live);
        return new(problems, packs, marking.Live.Count - marking.Broken.Count, packed.Count);
    }

    private static async Task FollowAsync(Repository repository, Marking marking, List<Problem> problems, CancellationToken ct)
    {
        try
        {
            await RepositoryRoots.FollowRefsAsync(repository, marking, ct);
            await RepositoryRoots.FollowWorkAsync(repository, marking, ct);
        }
        catch (TemperException error)
        {
            problems.AddRange(error.Problems);
        }
    }

    private static async Task DatabaseAsync(Repository repository, List<Problem> problems, CancellationToken ct)
    {
        try
        {
            if (await repository.Database.ScalarAsync<string>("pragma quick_check(1)", null, ct) is var said && said != "ok")
                problems.Add(new("repository_damaged", $"The database repo.db is damaged: {said}.") { Hint = "Make it again with `temper fsck --rebuild`." });
        }
        catch (TemperException error)
        {
            problems.AddRange(error.Problems);
        }
    }

    private static Problem Told(BrokenLink link) => new("repository_damaged", string.Create(CultureInfo.InvariantCulture,
        $"The {Objects.ObjectIds.Word(link.Kind)} {link.Id}, which {link.NamedBy} names, {(link.Why is null ? "is missing" : "cannot be used: " + link.Why)}"));
}
